import type { AgentCheckRegistration, CheckStatus } from "../lib/api/index.ts";
import { tryParseDurationMs } from "../lib/duration.ts";
import { type Endpoint, hostAndPort } from "./addresses.ts";
import { type Metadata, metadataValue } from "./metadata.ts";

interface CheckSubject {
	readonly metadata: Metadata;
	readonly endpoint: Endpoint;
	/** Docker's id of the container. */
	readonly containerId: string;
	readonly innerPort: number;
}

/** A check to register, and what was wrong with its settings. */
interface CheckResult {
	readonly check: AgentCheckRegistration | undefined;
	readonly warnings: readonly string[];
}

/** One kind of check: what `SERVICE_CHECK_<key>` with a value gives. The interval and the rest are added by the caller. */
interface CheckKind {
	readonly key: string;
	/** TTL checks are told by others, so they have neither interval nor timeout. */
	readonly probes: boolean;
	/** Settings of the check besides the common ones; `compat` as in `checkOfService`. */
	readonly define: (value: string, subject: CheckSubject, compat: boolean) => AgentCheckRegistration;
	/** Whether the kind knows `SERVICE_CHECK_TIMEOUT` in the reference. */
	readonly timeout: boolean;
}

/** In the reference's order of precedence: the first whose key is set makes the one check of a service. */
const kinds: readonly CheckKind[] = [
	{ key: "check_http", probes: true, timeout: true, define: webCheck("http") },
	{ key: "check_https", probes: true, timeout: true, define: webCheck("https") },
	{
		key: "check_cmd",
		probes: true,
		timeout: false,
		define: (command, { containerId, innerPort }) => ({
			ScriptArgs: ["check-cmd", containerId.slice(0, 12), String(innerPort), command],
		}),
	},
	{
		key: "check_script",
		probes: true,
		timeout: false,
		define: (script, { endpoint }) => ({
			ScriptArgs: [
				script
					.replaceAll("$SERVICE_IP", () => endpoint.address)
					.replaceAll("$SERVICE_PORT", () => String(endpoint.port)),
			],
		}),
	},
	{ key: "check_ttl", probes: false, timeout: false, define: (ttl) => ({ TTL: ttl }) },
	{ key: "check_tcp", probes: true, timeout: true, define: (_, { endpoint }) => ({ TCP: hostAndPort(endpoint) }) },
	{ key: "check_grpc", probes: true, timeout: true, define: grpcCheck },
];

const intervalDefault = "10s";

/**
 * The check that `SERVICE_[port_]CHECK_*` asks for, if any.
 *
 * With `compat` every value is passed on as it is, and the registry refuses the whole service for a bad one. By default a bad
 * setting is left out with a warning, and the service is registered; and `SERVICE_CHECK_ADDRESS` is asked in the place of the
 * service's own address.
 */
export function checkOfService(service: CheckSubject, compat: boolean): CheckResult {
	const address = compat ? undefined : metadataValue(service.metadata, "check_address");
	const subject = address === undefined ? service : { ...service, endpoint: { ...service.endpoint, address } };
	const kind = kinds.find(({ key }) => metadataValue(subject.metadata, key) !== undefined);
	if (kind === undefined) return { check: undefined, warnings: [] };
	const warnings: string[] = [];
	const duration = (key: string): string | undefined => {
		const value = metadataValue(subject.metadata, key);
		if (value === undefined || compat || (tryParseDurationMs(value) ?? 0) > 0) return value;
		warnings.push(`SERVICE_${key.toUpperCase()}: "${value}" is not a duration such as 10s; left out`);
		return undefined;
	};
	const value = metadataValue(subject.metadata, kind.key) ?? "";
	if (!kind.probes && duration(kind.key) === undefined) return { check: undefined, warnings };
	const timeout = kind.timeout || (kind.probes && !compat) ? duration("check_timeout") : undefined;
	const status = initialStatus(subject.metadata, compat, warnings);
	const deregisterAfter = duration("check_deregister_after");
	const check: AgentCheckRegistration = {
		...kind.define(value, subject, compat),
		...(kind.probes ? { Interval: duration("check_interval") ?? intervalDefault } : {}),
		...(timeout === undefined ? {} : { Timeout: timeout }),
		...(status === undefined ? {} : { Status: status }),
		...(deregisterAfter === undefined ? {} : { DeregisterCriticalServiceAfter: deregisterAfter }),
	};
	return { check, warnings };
}

function webCheck(scheme: "http" | "https"): CheckKind["define"] {
	return (path, { metadata, endpoint }, compat) => {
		const method = metadataValue(metadata, `check_${scheme}_method`);
		const slash = compat || path.startsWith("/") ? "" : "/";
		return {
			HTTP: `${scheme}://${hostAndPort(endpoint)}${slash}${path}`,
			...(method === undefined ? {} : { Method: method }),
		};
	};
}

function grpcCheck(_value: string, { metadata, endpoint }: CheckSubject): AgentCheckRegistration {
	const tls = metadataValue(metadata, "check_grpc_use_tls") !== undefined;
	const skipVerify = tls && metadataValue(metadata, "check_tls_skip_verify") !== undefined;
	return {
		GRPC: hostAndPort(endpoint),
		...(tls ? { GRPCUseTLS: true } : {}),
		...(skipVerify ? { TLSSkipVerify: true } : {}),
	};
}

function initialStatus(metadata: Metadata, compat: boolean, warnings: string[]): CheckStatus | undefined {
	const status = metadataValue(metadata, "check_initial_status");
	if (status === undefined) return undefined;
	if (compat || status === "passing" || status === "warning" || status === "critical") return status as CheckStatus;
	warnings.push(`SERVICE_CHECK_INITIAL_STATUS: "${status}" is not passing, warning or critical; left out`);
	return undefined;
}
