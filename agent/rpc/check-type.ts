/** By the field of a definition that makes a check one of it, in the reference's order. */
const types = {
	GRPC: "grpc",
	HTTP: "http",
	TTL: "ttl",
	TCP: "tcp",
	UDP: "udp",
	AliasNode: "alias",
	AliasService: "alias",
	DockerContainerID: "docker",
	ScriptArgs: "script",
	H2PING: "h2ping",
	OSService: "os_service",
} as const;
/** Nothing is repeated in these. */
const typesWithoutInterval: ReadonlySet<string> = new Set(["TTL", "AliasNode", "AliasService", "ScriptArgs"]);

/** A check registered with a definition has the type that follows from it; none when the definition would not do for a check. */
export function checkTypeOf(definition: Readonly<Record<string, unknown>>): string {
	const [, type = ""] =
		Object.entries(types).find(([field]) => {
			if (definition[field] === undefined) return false;
			if (field === "DockerContainerID" && definition["ScriptArgs"] === undefined) return false;
			return typesWithoutInterval.has(field) || definition["Interval"] !== undefined;
		}) ?? [];
	return type;
}
