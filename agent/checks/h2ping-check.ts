import type { ClientHttp2Session } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { errorMessage } from "../../lib/errors.ts";
import { createLimit } from "../../lib/limit.ts";
import { dialText, targetText } from "./go-errors.ts";
import { type Outcome, type OwnTls, type ProbePlan, type TlsProbe, timeoutMsDefault } from "./plan.ts";
import { splitHostPort } from "./target.ts";

/** Passing when an HTTP/2 connection can be made and its ping is answered. */
export const h2pingCheck: TlsProbe = async (plan, signal, own) => {
	const target = plan.target ?? "";
	const address = splitHostPort(target);
	if (address === undefined) return critical(`Failed to dial to ${target}: ${targetText("tcp", target)}`);
	const timeoutMs = plan.timeoutMs || timeoutMsDefault;
	const { signal: limit, end } = createLimit(signal, timeoutMs);
	let socket: Socket | undefined;
	try {
		socket = await dial(plan, address, limit, own);
	} catch (error) {
		end();
		return critical(`Failed to dial to ${target}: ${limit.aborted ? "i/o timeout" : dialText("tcp", target, error)}`);
	}
	try {
		await ping(socket, target, limit);
		return { status: "passing", output: "HTTP2 ping was successful" };
	} catch (error) {
		return critical(`HTTP2 ping failed: ${limit.aborted ? "context deadline exceeded" : errorMessage(error)}`);
	} finally {
		end();
		socket.destroy();
	}
};

/** A TCP connection, with a TLS handshake that offers `h2` when the check asks for it. */
function dial(
	{ tls }: ProbePlan,
	{ host, port }: { readonly host: string; readonly port: number },
	limit: AbortSignal,
	own: OwnTls | undefined,
): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket =
			tls === undefined
				? connectTcp({ host, port, signal: limit }, () => resolve(socket))
				: connectTls(
						{
							host,
							port,
							...own,
							ALPNProtocols: ["h2"],
							rejectUnauthorized: !tls.skipVerify,
							...(tls.serverName === "" ? {} : { servername: tls.serverName }),
						},
						() => resolve(socket),
					);
		socket.once("error", reject);
		limit.addEventListener("abort", () => socket.destroy(new Error("aborted")), { once: true });
	});
}

async function ping(socket: Socket, target: string, limit: AbortSignal): Promise<void> {
	const { connect } = await import("node:http2");
	let session: ClientHttp2Session | undefined;
	try {
		await new Promise<void>((resolve, reject) => {
			const stop = () => reject(new Error("aborted"));
			if (limit.aborted) stop();
			limit.addEventListener("abort", stop, { once: true });
			session = connect(`http://${target}`, { createConnection: () => socket });
			session.on("error", reject);
			session.on("close", () => reject(new Error("unexpected EOF")));
			// Before the peer's settings came, nothing has shown that it speaks HTTP/2.
			session.once("remoteSettings", () => {
				session?.ping((error) => {
					if (error === null) resolve();
					else reject(error);
				});
			});
		});
	} finally {
		session?.destroy();
	}
}

function critical(output: string): Outcome {
	return { status: "critical", output };
}
