import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, type ClientTls, createClient, kvBytes, type UserEvent } from "../../client/index.ts";
import type { Clock, Random } from "../../lib/env/index.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { followWatch } from "./follow.ts";

/** Name of the event that tells of a job. */
export const execEvent = "_rexec";

/** Payload of the event: where the job is. */
export interface ExecAnnouncement {
	readonly Prefix: string;
	readonly Session: string;
}

/** `PREFIX/SESSION/job`. */
export interface ExecJob {
	/** A line for the shell; empty with a script. */
	readonly Command?: string;
	/** Words, run without a shell. */
	readonly Args?: readonly string[] | null;
	/** Base64; run as a file. Consul's command leaves out what it has not. */
	readonly Script?: string | null;
	/** How long its sender waits for news, in nanoseconds. */
	readonly Wait: number;
}

/** Output is written in pieces of this size; at most so many of them for one job. */
const pieceBytes = 4 * 1024;
const piecesMax = 4096;
const jobsMax = 8;
const exitCodeNotStarted = 127;

/**
 * Runs what `disco exec` sends to this node: an event names a job in the KV store, and acknowledgement, output and exit code are
 * written beside it, under the sender's session, so that they vanish with it. Only where `disable_remote_exec` is false.
 */
export function createRemoteExec(parts: {
	readonly address: string;
	/** For an `https://` address. */
	readonly tls?: ClientTls;
	readonly node: string;
	readonly token: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly clock: Clock;
	readonly random: Pick<Random, "next">;
	readonly logger: Logger;
}): { close(): Promise<void> } {
	const { logger, node } = parts;
	const client = createClient({
		address: parts.address,
		...(parts.tls === undefined ? {} : { tls: parts.tls }),
		...(parts.token === "" ? {} : { token: parts.token }),
	});
	const stop = new AbortController();
	const running = new Set<Promise<void>>();
	let seen: ReadonlySet<string> | undefined;
	const ended = followWatch({
		client,
		definition: { type: "event", name: execEvent },
		clock: parts.clock,
		random: parts.random,
		signal: stop.signal,
		onError: () => "retry",
		handle: async ({ value }) => {
			const events = value as readonly UserEvent[];
			const known = seen;
			seen = new Set(events.map(({ ID }) => ID));
			// What was sent before this agent listened is over.
			if (known === undefined) return;
			for (const event of events) {
				if (known.has(event.ID)) continue;
				const announcement = parseAnnouncement(event);
				if (announcement === undefined) continue;
				if (running.size >= jobsMax) {
					logger.warn("remote command refused: too many run already", { limit: jobsMax });
					continue;
				}
				const job = runJob(client, node, announcement, parts.env, stop.signal)
					.catch((error: unknown) => logger.warn("remote command failed", { error: errorMessage(error) }))
					.finally(() => running.delete(job));
				running.add(job);
			}
		},
	}).catch((error: unknown) => logger.error("remote commands are not taken any more", { error: errorMessage(error) }));
	return {
		async close() {
			stop.abort();
			await Promise.all([ended, ...running]);
			client.close();
		},
	};
}

function parseAnnouncement(event: UserEvent): ExecAnnouncement | undefined {
	try {
		const text = Buffer.from(event.Payload ?? "", "base64").toString("utf8");
		const { Prefix, Session } = JSON.parse(text) as Partial<ExecAnnouncement>;
		return typeof Prefix === "string" && typeof Session === "string" ? { Prefix, Session } : undefined;
	} catch {
		return undefined;
	}
}

async function runJob(
	client: Client,
	node: string,
	{ Prefix, Session }: ExecAnnouncement,
	env: Readonly<Record<string, string | undefined>>,
	signal: AbortSignal,
): Promise<void> {
	const found = (await client.kv.get(`${Prefix}/${Session}/job`)).value;
	if (found === undefined) return;
	const job = JSON.parse(kvBytes(found).toString("utf8")) as ExecJob;
	const put = (name: string, value: string | Uint8Array) =>
		client.kv.put(`${Prefix}/${Session}/${node}/${name}`, value, { acquire: Session });
	if (!(await put("ack", ""))) return;
	let pieces = 0;
	// One after the other: the reader takes them in the order of their names.
	const exitCode = await runCommand(job, env, signal, async (piece) => {
		if (pieces < piecesMax) await put(`out/${(pieces++).toString(16).padStart(5, "0")}`, piece);
	});
	await put("exit", String(exitCode));
}

async function runCommand(
	job: ExecJob,
	env: Readonly<Record<string, string | undefined>>,
	signal: AbortSignal,
	onOutput: (piece: Buffer) => Promise<void>,
): Promise<number> {
	const script = job.Script ?? "";
	const folder = script === "" ? undefined : await mkdtemp(join(tmpdir(), "disco-exec-"));
	try {
		let words: readonly string[] = job.Args ?? [];
		if (folder !== undefined) {
			words = [join(folder, "script")];
			await writeFile(words[0] as string, Buffer.from(script, "base64"), { mode: 0o700 });
		} else if (words.length === 0) words = ["/bin/sh", "-c", job.Command ?? ""];
		const [program = "", ...args] = words;
		const child = spawn(program, args, { env: { ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
		const end = () => {
			try {
				if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
			} catch {
				// Ended already.
			}
		};
		signal.addEventListener("abort", end, { once: true });
		const ended = new Promise<number>((resolve) => {
			child.on("error", () => resolve(exitCodeNotStarted));
			child.on("exit", (code) => resolve(code ?? exitCodeNotStarted));
		});
		// Read no faster than it can be written to the store.
		await Promise.all(
			[child.stdout, child.stderr].map(async (stream) => {
				for await (const chunk of stream) {
					for (let at = 0; at < chunk.length; at += pieceBytes) await onOutput(chunk.subarray(at, at + pieceBytes));
				}
			}),
		);
		const exitCode = await ended;
		signal.removeEventListener("abort", end);
		return exitCode;
	} finally {
		if (folder !== undefined) await rm(folder, { recursive: true, force: true });
	}
}
