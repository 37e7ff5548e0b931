import { DiscoError } from "../lib/errors.ts";

/** Where Docker's API is. */
export type DockerAddress =
	| { readonly kind: "socket"; readonly path: string; readonly text: string }
	| {
			readonly kind: "tcp";
			readonly protocol: "http" | "https";
			readonly host: string;
			readonly port: number;
			/** Folder with `ca.pem`, `cert.pem` and `key.pem`; undefined without TLS. */
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
	if (given !== "") return parseDockerHost(given, environment);
	// Without either, the usual one is what the message should name.
	const usual = !compat && (exists(usualSocket) || !exists(referenceSocket));
	return socketAddress(usual ? usualSocket : referenceSocket);
}

function parseDockerHost(text: string, environment: Readonly<Record<string, string | undefined>>): DockerAddress {
	const match = /^(?:([a-z]+):\/\/)?(.*)$/s.exec(text);
	const scheme = match?.[1] ?? "tcp";
	const rest = match?.[2] ?? "";
	if (scheme === "unix" && rest !== "") return socketAddress(rest);
	const parts = /^(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/.exec(rest);
	if (parts === null || !["tcp", "http", "https"].includes(scheme)) {
		throw new DiscoError(
			"DOCKER_HOST_INVALID",
			`DOCKER_HOST: "${text}" is not an address of Docker; write unix:///var/run/docker.sock or tcp://host:2376`,
		);
	}
	const tls = scheme === "https" || (environment["DOCKER_TLS_VERIFY"] ?? "") !== "";
	return {
		kind: "tcp",
		protocol: tls ? "https" : "http",
		host: (parts[1] ?? "").replace(/^\[|\]$/g, ""),
		port: Number(parts[2] ?? (tls ? 2376 : 2375)),
		certFolder: tls ? (environment["DOCKER_CERT_PATH"] ?? undefined) : undefined,
		text,
	};
}

function socketAddress(path: string): DockerAddress {
	return { kind: "socket", path, text: `unix://${path}` };
}
