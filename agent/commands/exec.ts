import { setTimeout as sleep } from "node:timers/promises";
import { type Client, kvText } from "../../client/index.ts";
import { errorMessage } from "../../lib/errors.ts";
import { type ExecAnnouncement, type ExecJob, execEvent } from "../watch/index.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { type CommandIo, requireArguments, simpleCommand } from "./command.ts";
import { requireFilters } from "./event.ts";
import { untilSignals } from "./signals.ts";

const exitCodeFailedSomewhere = 2;
const sessionTtl = "15s";
const renewMs = 7_000;
/** News are looked for this often. */
const lookMs = 100;

export const exec = simpleCommand({
	usage: "[options] COMMAND ... or -",
	about: `Runs a command on every agent that takes it (disable_remote_exec = false), and prints what it writes. With - the command is a
script on standard input. Exit code 2 if it failed anywhere.

  disco exec -service=web uptime`,
	flags: {
		node: { kind: "string", usage: "Only on nodes that fit", placeholder: "regex" },
		prefix: { kind: "string", usage: "Where jobs are kept in the KV store; _rexec unless given" },
		service: { kind: "string", usage: "Only on nodes with a service that fits", placeholder: "regex" },
		shell: { kind: "bool", usage: "Run the command by a shell; true unless given" },
		tag: { kind: "string", usage: "Only on nodes whose -service has a tag that fits", placeholder: "regex" },
		verbose: { kind: "bool", usage: "Tell each step" },
		wait: { kind: "duration", usage: "End when there was no news for this time; 2s unless given" },
		"wait-repl": { kind: "duration", usage: "Wait before the agents are told; 200ms unless given" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, Number.POSITIVE_INFINITY, "the COMMAND, or - for a script on standard input");
		const { node, service, tag } = values;
		requireFilters({ node, service, tag });
		const waitMs = values.wait ?? 2_000;
		const script = rest[0] === "-" ? (await io.stdin()).toString("base64") : null;
		const job: ExecJob = {
			Command: script === null && values.shell !== false ? rest.join(" ") : "",
			Args: script === null && values.shell === false ? rest : null,
			Script: script,
			Wait: waitMs * 1_000_000,
		};
		const tell = (text: string) => {
			if (values.verbose === true) io.stderr(`${text}\n`);
		};
		return withClient(values, io, async (client) => {
			const prefix = values.prefix ?? "_rexec";
			const session = await client.session.create({ Name: "disco exec", TTL: sessionTtl, Behavior: "delete" });
			const folder = `${prefix}/${session}/`;
			const renewing = setInterval(() => void client.session.renew(session).catch(() => undefined), renewMs);
			const signals = untilSignals();
			try {
				tell(`Session ${session} holds the job`);
				await client.kv.put(`${folder}job`, JSON.stringify(job), { acquire: session });
				await sleep(values["wait-repl"] ?? 200);
				const announcement: ExecAnnouncement = { Prefix: prefix, Session: session };
				await client.event.fire(execEvent, {
					payload: JSON.stringify(announcement),
					...(node === undefined ? {} : { node }),
					...(service === undefined ? {} : { service }),
					...(tag === undefined ? {} : { tag }),
				});
				tell("The agents were told");
				return await gather(client, folder, { waitMs, signal: signals.signal, io, tell });
			} finally {
				signals.release();
				clearInterval(renewing);
				await client.kv
					.delete(folder, { recurse: true })
					.catch((error: unknown) => io.stderr(`${errorMessage(error)}\n`));
				await client.session.destroy(session).catch(() => undefined);
			}
		});
	},
});

/** Prints what the agents write, until there was no news for a while. */
async function gather(
	client: Client,
	folder: string,
	parts: {
		readonly waitMs: number;
		readonly signal: AbortSignal;
		readonly io: CommandIo;
		readonly tell: (text: string) => void;
	},
): Promise<number> {
	const { io, waitMs, signal } = parts;
	const seen = new Set<string>();
	const acknowledged = new Set<string>();
	const exitCodes = new Map<string, string>();
	let quietSince = performance.now();
	for (;;) {
		// Whoever has begun and says nothing may take its time.
		const patienceMs = acknowledged.size > exitCodes.size ? waitMs * 2 : waitMs;
		if (signal.aborted || performance.now() - quietSince >= patienceMs) break;
		for (const pair of (await client.kv.list(folder)).value) {
			if (seen.has(pair.Key)) continue;
			seen.add(pair.Key);
			const [node = "", kind] = pair.Key.slice(folder.length).split("/");
			if (kind === undefined) continue;
			quietSince = performance.now();
			if (kind === "ack") {
				acknowledged.add(node);
				parts.tell(`${node} has begun`);
			} else if (kind === "exit") exitCodes.set(node, kvText(pair));
			else for (const line of kvText(pair).split("\n")) io.stdout(`    ${node}: ${line}\n`);
		}
		for (const [node, code] of exitCodes) {
			if (seen.has(`told ${node}`)) continue;
			seen.add(`told ${node}`);
			io.stdout(`==> ${node}: finished with exit code ${code}\n`);
		}
		await sleep(lookMs);
	}
	io.stdout(`${exitCodes.size} / ${acknowledged.size} node(s) completed / acknowledged\n`);
	return [...exitCodes.values()].some((code) => code !== "0") ? exitCodeFailedSomewhere : 0;
}
