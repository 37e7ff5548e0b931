import type { ServiceError } from "@grpc/grpc-js";
import { errorMessage } from "../../lib/errors.ts";
import { dialText, targetText } from "./go-errors.ts";
import { type Outcome, type OwnTls, type ProbePlan, type TlsProbe, timeoutMsDefault } from "./plan.ts";
import { splitHostPort } from "./target.ts";

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`, by number. */
const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/**
 * Asks the health service of the gRPC health checking protocol. `host:port/service` asks for one service, without one for the
 * whole server. Passing when it says SERVING; everything else is critical.
 */
export const grpcCheck: TlsProbe = async (plan, signal, own) => {
	const target = plan.target ?? "";
	const slash = target.indexOf("/");
	const server = slash < 0 ? target : target.slice(0, slash);
	const service = slash < 0 ? "" : target.slice(slash + 1);
	if (splitHostPort(server) === undefined) {
		return critical(`rpc error: code = Unavailable desc = ${connecting(targetText("tcp", server))}`);
	}
	try {
		const status = await ask(plan, { server, service }, signal, own);
		if (status === "SERVING") return { status: "passing", output: `gRPC check ${target}: success` };
		return critical(`gRPC ${target} serving status: ${status}`);
	} catch (error) {
		return critical(await failureText(server, error));
	}
};

/** Loaded when first used: it is large, and most agents have no such check. */
async function grpc() {
	return (await import("@grpc/grpc-js")).default;
}

const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));

async function ask(
	plan: ProbePlan,
	{ server, service }: { readonly server: string; readonly service: string },
	signal: AbortSignal,
	own: OwnTls | undefined,
): Promise<string> {
	const { Client, credentials } = await grpc();
	const { tls } = plan;
	const client = new Client(
		server,
		tls === undefined
			? credentials.createInsecure()
			: credentials.createSsl(pem(own?.ca?.join("\n")), pem(own?.key), pem(own?.cert), {
					rejectUnauthorized: !tls.skipVerify,
				}),
		{
			// A probe shall prove that a new connection can be made, and by itself: not through a proxy, not with a second try.
			"grpc.use_local_subchannel_pool": 1,
			"grpc.enable_http_proxy": 0,
			"grpc.enable_retries": 0,
			"grpc.service_config_disable_resolution": 1,
			...(tls === undefined || tls.serverName === ""
				? {}
				: { "grpc.ssl_target_name_override": tls.serverName, "grpc.default_authority": tls.serverName }),
		},
	);
	try {
		return await new Promise<string>((resolve, reject) => {
			const call = client.makeUnaryRequest(
				"/grpc.health.v1.Health/Check",
				(name: string) => encodeRequest(name),
				decodeResponse,
				service,
				{ deadline: Date.now() + (plan.timeoutMs || timeoutMsDefault) },
				(error, answer) => {
					signal.removeEventListener("abort", abort);
					if (error !== null) reject(error);
					else resolve(answer ?? "UNKNOWN");
				},
			);
			const abort = () => call.cancel();
			signal.addEventListener("abort", abort, { once: true });
		});
	} finally {
		client.close();
	}
}

/** `HealthCheckRequest { string service = 1; }` */
function encodeRequest(service: string): Buffer {
	const name = Buffer.from(service);
	if (name.length === 0) return Buffer.alloc(0);
	const length: number[] = [];
	for (let rest = name.length; ; rest >>>= 7) {
		length.push(rest > 127 ? (rest & 127) | 128 : rest);
		if (rest <= 127) break;
	}
	return Buffer.concat([Buffer.from([0x0a, ...length]), name]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }`; the default of a field that is left out is 0. */
function decodeResponse(bytes: Buffer): string {
	const number = bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0;
	return servingStatuses[number] ?? String(number);
}

/** As Go's gRPC prints its errors: `rpc error: code = NotFound desc = unknown service`. */
async function failureText(server: string, error: unknown): Promise<string> {
	const { status } = await grpc();
	const { code, details } = error as Partial<ServiceError>;
	if (code === undefined) return errorMessage(error);
	const name = (status[code] ?? String(code))
		.toLowerCase()
		.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
	const reason = name === "DeadlineExceeded" ? "context deadline exceeded" : connectionText(server, details ?? "");
	return `rpc error: code = ${name} desc = ${reason}`;
}

/** grpc-js wraps what the connection failed with, and adds the time: an output that changes at every probe. */
function connectionText(server: string, details: string): string {
	const last =
		/^No connection established\. Last error: (?:Error: )?(.*?)(?: \(\d{4}-[^)]*\))?\.? Resolution note: /s.exec(
			details,
		)?.[1];
	if (last === undefined) return details;
	const refused = /connect (E[A-Z]+) /.exec(last)?.[1];
	if (refused !== undefined)
		return connecting(dialText("tcp", server, Object.assign(new Error(last), { code: refused })));
	if (!last.includes("SSL")) return last.trim();
	const reason = dialText("tcp", server, new Error(last.trim()));
	return `connection error: desc = ${JSON.stringify(`transport: authentication handshake failed: ${reason}`)}`;
}

function connecting(reason: string): string {
	return `connection error: desc = ${JSON.stringify(`transport: Error while dialing ${reason}`)}`;
}

function critical(output: string): Outcome {
	return { status: "critical", output };
}
