import { readFileSync } from "node:fs";
import { join } from "node:path";
import type Dockerode from "dockerode";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { DockerAddress } from "./docker-address.ts";

/** What dockerode takes and its types do not say. */
interface SignalledClient extends Omit<Dockerode, "ping"> {
	ping(options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
}

/**
 * dockerode, which is loaded here and not at the program's start. What it brings along for builds and SSH is left out of our
 * bundle (scripts/build.mjs). Error: `DOCKER_TLS_UNREADABLE`.
 */
export async function dockerClient(address: DockerAddress): Promise<SignalledClient> {
	const { default: Client } = await import("dockerode");
	const options = clientOptions(address);
	// It would read the variables by itself and fail on certificates that this address does not need.
	const host = process.env["DOCKER_HOST"];
	delete process.env["DOCKER_HOST"];
	try {
		return new Client(options) as SignalledClient;
	} finally {
		if (host !== undefined) process.env["DOCKER_HOST"] = host;
	}
}

/** What Docker answered with, of an error that is an answer. */
export function httpStatus(error: unknown): number | undefined {
	const status = (error as { readonly statusCode?: unknown }).statusCode;
	return typeof status === "number" ? status : undefined;
}

function clientOptions(address: DockerAddress): Dockerode.DockerOptions {
	// No agent of ours: docker-modem prints its options for a debug log with every call, down to the last socket of an agent. Node's
	// own agent keeps connections, too.
	if (address.kind === "socket") return { socketPath: address.path };
	const { protocol, host, port, certFolder } = address;
	// dockerode takes an IPv6 address apart only in a URL.
	const where = { protocol, host: host.includes(":") ? `${protocol}://[${host}]` : host, port };
	if (certFolder === undefined) return where;
	const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => readPem(join(certFolder, name)));
	return { ...where, ca, cert, key };
}

function readPem(path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		throw new DiscoError("DOCKER_TLS_UNREADABLE", `DOCKER_CERT_PATH: ${errorMessage(error)}`, { cause: error });
	}
}
