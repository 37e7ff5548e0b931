import { connect } from "node:net";
import { formatDuration } from "../../lib/duration.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { SocketAddress } from "../config/index.ts";

/** An answer may be this long: 50,000 servers in `show servers state`. */
const answerBytesMax = 16 * 1024 * 1024;
/** HAProxy reads a command line into one buffer (tune.bufsize, 16 KiB unless changed). */
const commandBytesMax = 15_000;

export function socketText(address: SocketAddress): string {
	return "path" in address
		? address.path
		: `${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

/**
 * Sends one command on a connection of its own, as the Runtime API has it for programs, and gives the answer.
 *
 * One connection each: between the answers to several commands on one line there is no mark that every command keeps to. Errors:
 * `HAPROXY_UNREACHABLE` (retryable), `HAPROXY_TIMEOUT` (retryable), `HAPROXY_ANSWER`; each names the command.
 */
export function ask(address: SocketAddress, command: string, timeoutMs: number): Promise<string> {
	return new Promise((resolve, reject) => {
		const failed = (code: string, reason: string, cause?: unknown) => {
			socket.destroy();
			clearTimeout(timer);
			const message = `"${command}": ${reason}`;
			reject(new DiscoError(code, message, { cause, retryable: code !== "HAPROXY_ANSWER" }));
		};
		const socket = connect("path" in address ? { path: address.path } : { ...address });
		const timer = setTimeout(
			() => failed("HAPROXY_TIMEOUT", `no answer within ${formatDuration(timeoutMs)}`),
			timeoutMs,
		);
		const chunks: Buffer[] = [];
		let sizeBytes = 0;
		socket.on("connect", () => socket.write(`${command}\n`));
		socket.on("data", (chunk: Buffer) => {
			chunks.push(chunk);
			sizeBytes += chunk.length;
			if (sizeBytes > answerBytesMax) failed("HAPROXY_ANSWER", `the answer is longer than ${answerBytesMax} bytes`);
		});
		socket.on("error", (error) => failed("HAPROXY_UNREACHABLE", errorMessage(error), error));
		socket.on("end", () => {
			// Cut off while it answered: each answer ends with an empty line.
			const text = Buffer.concat(chunks).toString("utf8");
			if (!text.endsWith("\n")) return failed("HAPROXY_UNREACHABLE", "the connection was closed without an answer");
			clearTimeout(timer);
			socket.destroy();
			resolve(text);
		});
		if (Buffer.byteLength(command) > commandBytesMax) failed("HAPROXY_ANSWER", "the command is too long");
	});
}
