import {
	anything,
	boolean,
	type Decoded,
	type Decoder,
	durationMs,
	integer,
	listOf,
	mapOf,
	objectOf,
	text,
} from "../../lib/json/index.ts";
import { meshField } from "./decode-body.ts";

const fields = {
	ID: text,
	CheckID: text,
	Name: text,
	Notes: text,
	ServiceID: text,
	Token: text,
	Status: text,
	HTTP: text,
	Method: text,
	Header: mapOf(listOf(text)),
	Body: text,
	DisableRedirects: boolean,
	TLSServerName: text,
	TLSSkipVerify: boolean,
	TCP: text,
	UDP: text,
	GRPC: text,
	GRPCUseTLS: boolean,
	H2PING: text,
	H2PingUseTLS: boolean,
	OSService: text,
	TTL: durationMs,
	Args: listOf(text),
	ScriptArgs: listOf(text),
	Script: text,
	DockerContainerID: text,
	Shell: text,
	AliasNode: text,
	AliasService: text,
	Interval: durationMs,
	Timeout: durationMs,
	SuccessBeforePassing: integer,
	FailuresBeforeWarning: integer,
	FailuresBeforeCritical: integer,
	DeregisterCriticalServiceAfter: durationMs,
	OutputMaxSize: integer,
	ProxyHTTP: meshField,
	ProxyGRPC: meshField,
	Namespace: anything,
	Partition: anything,
} as const;

/** The spellings with underscores that exist (`check_id` is none of them). */
const aliases = {
	args: "Args",
	script_args: "ScriptArgs",
	deregister_critical_service_after: "DeregisterCriticalServiceAfter",
	docker_container_id: "DockerContainerID",
	tls_server_name: "TLSServerName",
	tls_skip_verify: "TLSSkipVerify",
	grpc_use_tls: "GRPCUseTLS",
	h2ping_use_tls: "H2PingUseTLS",
	service_id: "ServiceID",
	disable_redirects: "DisableRedirects",
} as const;

/** A check as it stands in a registration, durations in milliseconds. */
export type CheckFields = Decoded<typeof fields>;

/** Decodes one check. */
export const checkFields: Decoder<CheckFields> = objectOf(fields, { aliases });

/** Whether nothing was given: an empty `Check` is no check. */
export function isNoCheck(check: CheckFields): boolean {
	return Object.keys(check).length === 0;
}
