import { readFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { join } from "node:path";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { DockerAddress } from "./docker-address.ts";

/**
 * GET over HTTP to one Docker: all that the registrator needs of its API. (dockerode would do it too, at 26 MB of memory and
 * 120 ms for what it brings along for builds and SSH.)
 */
export interface DockerHttp {
	/** The body as JSON; undefined with status 404. Error: `DOCKER_REFUSED` for other statuses, else what Node failed with. */
	get(path: string): Promise<unknown>;
	/** The open answer to a request that may last for ever. */
	open(path: string, signal: AbortSignal): Promise<IncomingMessage>;
}

/** A listing or an inspection that takes longer has failed; one of 500 containers takes well below a second. */
const callMsMax = 30_000;
/** A listing of 10,000 containers has about a third of it. */
const bodyBytesMax = 64 * 1024 * 1024;

/** Error: `DOCKER_TLS_UNREADABLE`. */
export async function dockerHttp(address: DockerAddress): Promise<DockerHttp> {
	const { request, options } = await connection(address);
	const send = (path: string, signal: AbortSignal): Promise<IncomingMessage> =>
		new Promise((resolve, reject) => {
			const outgoing = request({ ...options, path, signal }, (answer) => {
				// Later failures reach who reads the answer.
				outgoing.on("error", () => {});
				resolve(answer);
			});
			outgoing.once("error", reject);
			outgoing.end();
		});
	const succeeded = async (path: string, answer: IncomingMessage): Promise<IncomingMessage> => {
		const status = answer.statusCode ?? 0;
		if (status >= 200 && status < 300) return answer;
		const told = messageOf(await bodyOf(answer));
		throw new DiscoError("DOCKER_REFUSED", `Docker at ${address.text}: GET ${path}: status ${status}: ${told}`, {
			retryable: true,
		});
	};
	return {
		async get(path) {
			const answer = await send(path, AbortSignal.timeout(callMsMax));
			if (answer.statusCode === 404) {
				answer.resume();
				return undefined;
			}
			const body = await bodyOf(await succeeded(path, answer));
			return body.startsWith("{") || body.startsWith("[") ? (JSON.parse(body) as unknown) : body;
		},
		open: async (path, signal) => succeeded(path, await send(path, signal)),
	};
}

interface Connection {
	readonly request: typeof httpRequest;
	readonly options: RequestOptions;
}

async function connection(address: DockerAddress): Promise<Connection> {
	const pool = { keepAlive: true };
	if (address.kind === "socket") {
		return {
			request: httpRequest,
			options: { socketPath: address.path, headers: { host: "docker" }, agent: new Agent(pool) },
		};
	}
	const { protocol, host, port, certFolder } = address;
	if (protocol === "http") return { request: httpRequest, options: { host, port, agent: new Agent(pool) } };
	const https = await import("node:https");
	const names = certFolder === undefined ? [] : (["ca", "cert", "key"] as const);
	const pems = Object.fromEntries(names.map((name) => [name, readPem(join(certFolder ?? "", `${name}.pem`))]));
	return { request: https.request, options: { host, port, agent: new https.Agent({ ...pool, ...pems }) } };
}

function readPem(path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		throw new DiscoError("DOCKER_TLS_UNREADABLE", `DOCKER_CERT_PATH: ${errorMessage(error)}`, { cause: error });
	}
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
	const pieces: Buffer[] = [];
	let sizeBytes = 0;
	for await (const piece of answer as AsyncIterable<Buffer>) {
		sizeBytes += piece.length;
		if (sizeBytes > bodyBytesMax) throw new Error(`an answer of Docker is longer than ${bodyBytesMax} bytes`);
		pieces.push(piece);
	}
	return Buffer.concat(pieces).toString("utf8");
}

/** Docker's `{"message": "..."}`, or whatever stands there. */
function messageOf(body: string): string {
	try {
		const { message } = JSON.parse(body) as { readonly message?: unknown };
		return typeof message === "string" ? message : body;
	} catch {
		return body.trim();
	}
}
