import type { CheckDefinition, ServiceDefinition } from "./keys.ts";

/** A registration as the HTTP API takes it, with the token that it is made with. */
export interface FileRegistration {
	readonly registration: Readonly<Record<string, unknown>>;
	readonly token: string;
}

/** File spelling -> API spelling, where it is not just CamelCase. */
const checkNames: Readonly<Record<string, string>> = {
	id: "CheckID",
	service_id: "ServiceID",
	http: "HTTP",
	tcp: "TCP",
	udp: "UDP",
	grpc: "GRPC",
	grpc_use_tls: "GRPCUseTLS",
	h2ping: "H2PING",
	h2ping_use_tls: "H2PingUseTLS",
	os_service: "OSService",
	docker_container_id: "DockerContainerID",
	tls_server_name: "TLSServerName",
	tls_skip_verify: "TLSSkipVerify",
	ttl: "TTL",
};

/** A service of a file as the API's registration, checks included. */
export function serviceRegistration(definition: ServiceDefinition): FileRegistration {
	const { id, token, check, checks, weights, tagged_addresses, proxy: _proxy, connect: _connect, ...rest } = definition;
	return {
		token: token ?? "",
		registration: {
			...renamed(rest, {}),
			...(id === undefined ? {} : { ID: id }),
			...(weights === undefined ? {} : { Weights: { Passing: weights.passing ?? 1, Warning: weights.warning ?? 1 } }),
			...(tagged_addresses === undefined ? {} : { TaggedAddresses: tagged_addresses }),
			...(check === undefined && checks === undefined
				? {}
				: { Checks: [...(check ?? []), ...(checks ?? [])].map((each) => checkRegistration(each).registration) }),
		},
	};
}

/** A check of a file as the API's registration. */
export function checkRegistration(definition: CheckDefinition): FileRegistration {
	const { token, ...rest } = definition;
	return { token: token ?? "", registration: renamed(rest, checkNames) };
}

function renamed(
	fields: Readonly<Record<string, unknown>>,
	names: Readonly<Record<string, string>>,
): Record<string, unknown> {
	return Object.fromEntries(Object.entries(fields).map(([key, value]) => [names[key] ?? camelCase(key), value]));
}

/** `success_before_passing` -> `SuccessBeforePassing`. */
function camelCase(key: string): string {
	return key.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
