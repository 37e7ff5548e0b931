import { open, rename, unlink } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Client } from "../../client/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { tarFile } from "./tar.ts";

/** File in the archive -> where it comes from. None of them holds a secret. */
const snapshots = {
	"agent.json": "/v1/agent/self",
	"host.json": "/v1/agent/host",
	"members.json": "/v1/agent/members",
	"services.json": "/v1/agent/services",
	"checks.json": "/v1/agent/checks",
	"nodes.json": "/v1/catalog/nodes",
	"autopilot.json": "/v1/operator/autopilot/health",
	"raft.json": "/v1/operator/raft/configuration",
} as const;

const durationMsDefault = 10_000;
const intervalMsDefault = 2_000;
/** More log than this is cut at its end. */
const logBytesMax = 16 * 1024 * 1024;

export const debug = simpleCommand({
	usage: "[options]",
	about: `Gathers what is needed to look into a fault in one archive: what the agent says of itself, its host, members, services and
checks, its metrics every interval, and its log at debug level meanwhile. Values of keys and tokens are not in it.`,
	examples: ["disco debug -duration 1m -output fault"],
	flags: {
		duration: { kind: "duration", usage: "How long to follow metrics and log; 10s unless given" },
		interval: { kind: "duration", usage: "Pause between two readings of the metrics; 2s unless given" },
		output: {
			kind: "string",
			usage: "Name of the archive, without .tar.gz; disco-debug-TIME unless given",
			placeholder: "path",
		},
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const durationMs = values.duration ?? durationMsDefault;
		const intervalMs = values.interval ?? intervalMsDefault;
		if (intervalMs <= 0 || intervalMs > durationMs) {
			throw new DiscoError("FLAG_VALUE_INVALID", "option -interval: give more than 0, and at most the -duration");
		}
		const output = `${values.output ?? `disco-debug-${Math.floor(Date.now() / 1_000)}`}.tar.gz`;
		const files = await withClient(values, io, async (client) => {
			// Without an agent there is nothing to gather: this fails with what is wrong.
			await client.agent.self();
			const [log, metrics] = await Promise.all([
				followLog(client, durationMs),
				readMetrics(client, durationMs, intervalMs),
			]);
			return { ...(await readAll(client)), "agent.log": log, ...metrics };
		});
		await writeArchive(output, files);
		io.stdout(`Saved: ${output} (${Object.keys(files).length} files)\n`);
		return 0;
	},
});

type Files = Readonly<Record<string, Uint8Array>>;

/** What cannot be read is told in the file's place: half an archive helps more than none. */
async function readOne(client: Client, path: string): Promise<Uint8Array> {
	try {
		return (await client.request({ path, timeoutMs: 10_000 })).body;
	} catch (error) {
		return Buffer.from(`${path}: ${errorMessage(error)}\n`);
	}
}

async function readAll(client: Client): Promise<Files> {
	const read = await Promise.all(
		Object.entries(snapshots).map(async ([name, path]) => [name, await readOne(client, path)] as const),
	);
	return Object.fromEntries(read);
}

async function readMetrics(client: Client, durationMs: number, intervalMs: number): Promise<Files> {
	const files: Record<string, Uint8Array> = {};
	for (let atMs = 0; atMs < durationMs; atMs += intervalMs) {
		files[`metrics/${String(atMs / 1_000).padStart(4, "0")}s.json`] = await readOne(client, "/v1/agent/metrics");
		await pause(intervalMs);
	}
	return files;
}

async function followLog(client: Client, durationMs: number): Promise<Uint8Array> {
	const end = new AbortController();
	const timer = setTimeout(() => end.abort(), durationMs);
	const chunks: Buffer[] = [];
	let sizeBytes = 0;
	try {
		const answer = await client.stream({ path: "/v1/agent/monitor", query: { loglevel: "debug" }, signal: end.signal });
		for await (const chunk of answer.body) {
			sizeBytes += chunk.length;
			if (sizeBytes <= logBytesMax) chunks.push(chunk);
		}
	} catch (error) {
		if (!end.signal.aborted) chunks.push(Buffer.from(`/v1/agent/monitor: ${errorMessage(error)}\n`));
	} finally {
		clearTimeout(timer);
	}
	return Buffer.concat(chunks);
}

async function writeArchive(output: string, files: Files): Promise<void> {
	const archive = await promisify(gzip)(tarFile(files));
	const unfinished = `${output}.unfinished.${process.pid}`;
	try {
		const handle = await open(unfinished, "w", 0o600);
		try {
			await handle.writeFile(archive);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(unfinished, output);
	} catch (error) {
		await unlink(unfinished).catch(() => undefined);
		throw new DiscoError("FILE_UNWRITABLE", `${output} cannot be written: ${errorMessage(error)}`);
	}
}
