import { DiscoError } from "../lib/errors.ts";

/** Where Docker's API is. */
export type DockerAddress =
	| { readonly kind: "socket"; readonly path: string; readonly text: string }
	| {
			readonly kind: "tcp";
			readonly protocol: "http" | "https";
			readonly host: string;
			readonly port: number;
			/** Folder with `ca.pem`, `cert.pem` and `key.pem`; undefined without TLS, and where the system's authorities do. */
			readonly certFolder: string | undefined;
			readonly text: string;
	  };

const usualSocket = "/var/run/docker.sock";
/** The reference's default: where its published `docker run` lines mount the socket. */
const referenceSocket = "/tmp/docker.sock";

/**
 * `DOCKER_HOST` (with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`) if it is set, else the usual socket if `exists` says so, else
 * the reference's; with `compat` only the latter. Error: `DOCKER_HOST_INVALID`.
 */
export function dockerAddress(
	environment: Readonly<Record<string, string | undefined>>,
	exists: (path: string) => boolean,
	compat: boolean,
): DockerAddress {
	const given = environment["DOCKER_HOST"] ?? "";
	if (given !== "") return parseDockerHost(given, environment, "DOCKER_HOST");
	// Without either, the usual one is what the message should name.
	const usual = !compat && (exists(usualSocket) || !exists(referenceSocket));
	return socketAddress(usual ? usualSocket : referenceSocket);
}

/** One value of `-docker`. */
export interface NamedDockerAddress {
	/** First part of the ids of its services; empty for a socket of this machine without a name. */
	readonly owner: string;
	readonly address: DockerAddress;
}

/**
 * Reads values of `-docker`: `ADDRESS` or `NAME=ADDRESS`, addresses as in `DOCKER_HOST`. Without a name a host of the network is
 * called as its address calls it. Error: `DOCKER_HOST_INVALID`, also for two of one name.
 */
export function namedDockerAddresses(
	texts: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
): readonly NamedDockerAddress[] {
	const named = texts.map((text): NamedDockerAddress => {
		const [, name = "", where = ""] = /^(?:([^=:/]+)=)?(.*)$/s.exec(text) ?? [];
		const address = parseDockerHost(where, environment, "-docker");
		return { owner: name || (address.kind === "tcp" ? address.host.replaceAll(":", "-") : ""), address };
	});
	for (const [index, { owner }] of named.entries()) {
		if (named.findIndex((other) => other.owner === owner) === index) continue;
		throw new DiscoError(
			"DOCKER_HOST_INVALID",
			`-docker: two hosts with the name "${owner}"; give each a name of its own, as in -docker web2=tcp://10.0.0.2:2376`,
		);
	}
	return named;
}

/** `option` is what the text was given with, for messages. */
function parseDockerHost(
	text: string,
	environment: Readonly<Record<string, string | undefined>>,
	option: string,
): DockerAddress {
	const match = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(text);
	const scheme = match?.[1] ?? "tcp";
	const rest = match?.[2] ?? "";
	if (scheme === "unix" && rest !== "") return socketAddress(rest);
	const parts = /^(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(rest);
	if (parts === null || !["tcp", "http", "https"].includes(scheme)) {
		throw new DiscoError(
			"DOCKER_HOST_INVALID",
			`${option}: "${text}" is not an address of Docker; write unix:///var/run/docker.sock or tcp://host:2376`,
		);
	}
	const tls = scheme === "https" || (environment["DOCKER_TLS_VERIFY"] ?? "") !== "";
	return {
		kind: "tcp",
		protocol: tls ? "https" : "http",
		host: (parts[1] ?? "").replace(/^\[|\]$/g, ""),
		port: Number(parts[2] ?? (tls ? 2376 : 2375)),
		certFolder: tls ? certFolderOf(environment) : undefined,
		text,
	};
}

function socketAddress(path: string): DockerAddress {
	return { kind: "socket", path, text: `unix://${path}` };
}

/** As the docker client: `~/.docker` when certificates are to be verified and nothing else is said. */
function certFolderOf(environment: Readonly<Record<string, string | undefined>>): string | undefined {
	const given = environment["DOCKER_CERT_PATH"] ?? "";
	if (given !== "") return given;
	const home = environment["HOME"] ?? "";
	return (environment["DOCKER_TLS_VERIFY"] ?? "") !== "" && home !== "" ? `${home}/.docker` : undefined;
}
