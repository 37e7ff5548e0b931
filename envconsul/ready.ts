import { get } from "node:http";
import { connect } from "node:net";
import type { Clock } from "../lib/env/index.ts";
import { DiscoError } from "../lib/errors.ts";

/** Where a child says that it is ready. */
export interface ReadyProbe {
	readonly kind: "http" | "tcp";
	readonly host: string;
	readonly port: number;
	/** The whole address of a `http` probe. */
	readonly url: string;
}

/** Between attempts: doubled up to the longest, since most children are there at once. */
const pauseMsFirst = 25;
const pauseMsMax = 400;
/** For one attempt. */
const attemptMs = 5_000;

/** Reads `http://[HOST]:PORT/PATH`, `https://...` or `tcp://[HOST]:PORT`; 127.0.0.1 without a host. Error: `CONFIG_READY_INVALID`. */
export function parseReadyProbe(text: string): ReadyProbe {
	const filled = text.replace(/^(https?|tcp):\/\/:/, "$1://127.0.0.1:");
	const url = URL.canParse(filled) ? new URL(filled) : undefined;
	const port = Number(url?.port || (url?.protocol === "https:" ? 443 : url?.protocol === "http:" ? 80 : 0));
	if (url === undefined || !/^(?:https?|tcp):$/.test(url.protocol) || url.hostname === "" || port === 0) {
		throw new DiscoError(
			"CONFIG_READY_INVALID",
			`ready "${text}" is not an address such as http://:8080/health or tcp://:5432`,
		);
	}
	return {
		kind: url.protocol === "tcp:" ? "tcp" : "http",
		host: url.hostname.replace(/^\[|\]$/g, ""),
		port,
		url: filled,
	};
}

/**
 * Asks again and again until the answer is 2xx (or the connection opens): true. False when `timeoutMs` are over or `signal` is
 * aborted.
 */
export async function untilReady(
	probe: ReadyProbe,
	{ timeoutMs, clock, signal }: { readonly timeoutMs: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
	const deadlineMs = clock.monotonicMs() + timeoutMs;
	let pauseMs = pauseMsFirst;
	while (!signal.aborted) {
		const restMs = deadlineMs - clock.monotonicMs();
		if (restMs <= 0) return false;
		if (await (probe.kind === "tcp" ? connects : answers)(probe, Math.min(restMs, attemptMs))) return !signal.aborted;
		await new Promise<void>((resolve) => void clock.after(pauseMs, resolve));
		pauseMs = Math.min(pauseMsMax, pauseMs * 2);
	}
	return false;
}

function connects(probe: ReadyProbe, timeoutMs: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: probe.host, port: probe.port, timeout: timeoutMs });
		const end = (ready: boolean) => {
			socket.destroy();
			resolve(ready);
		};
		socket.once("connect", () => end(true)).once("timeout", () => end(false));
		socket.on("error", () => end(false));
	});
}

async function answers(probe: ReadyProbe, timeoutMs: number): Promise<boolean> {
	// Loaded when needed: it costs a start some 15 ms. The child's own certificate is not in question here, only whether it answers.
	const request = probe.url.startsWith("https:")
		? (await import("node:https")).get(probe.url, { agent: false, rejectUnauthorized: false })
		: get(probe.url, { agent: false });
	return new Promise((resolve) => {
		const late = setTimeout(() => request.destroy(new Error("timeout")), timeoutMs);
		const end = (ready: boolean) => {
			clearTimeout(late);
			request.destroy();
			resolve(ready);
		};
		request.once("response", ({ statusCode = 0 }) => end(statusCode >= 200 && statusCode < 300));
		request.on("error", () => end(false));
	});
}
