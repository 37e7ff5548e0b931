import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	Keyring,
	Serf,
	type SerfEvent,
	type SwimSettings,
	serfSettings,
	swimPresets,
} from "../../agent/gossip/index.ts";
import type { Address, Network } from "../../lib/env/index.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { nodeClock, nodeNetwork, nodeRandom } from "../../lib/node/index.ts";
import { type Background, background, eventually, succeed } from "../support/programs.ts";

/** Real serf agents are asked only where there is one; with CI set its absence is a failure (scripts/test-tools.sh). */
export const hasSerf = spawnSync("serf", ["version"]).status === 0;
if (!hasSerf && process.env["CI"]) throw new Error("serf is missing: scripts/test-tools.sh builds it");

const port = 7946;

/** A real serf agent. Times of its user events are kept in its output (`monitor`). */
export interface SerfAgent {
	readonly name: string;
	readonly host: string;
	/** Runs a command of serf against it. */
	command(name: string, ...args: readonly string[]): Promise<string>;
	/** Status of a member as it sees it; undefined for none. */
	statusOf(member: string): Promise<string | undefined>;
	readonly log: () => string;
	/** Everything that happened there, as `serf monitor` shows it. */
	readonly monitor: () => string;
	stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startSerf(
	name: string,
	host: string,
	options: { readonly join?: string; readonly key?: string; readonly args?: readonly string[] } = {},
): Promise<SerfAgent> {
	const rpc = `${host}:7373`;
	const args = [
		"agent",
		`-node=${name}`,
		`-bind=${host}:${port}`,
		`-rpc-addr=${rpc}`,
		`-tag=of=${name}`,
		"-log-level=debug",
		"-event-handler=query:uptime=echo up",
		...(options.join === undefined ? [] : [`-join=${options.join}:${port}`]),
		...(options.key === undefined ? [] : [`-encrypt=${options.key}`]),
		...(options.args ?? []),
	];
	const agent = background("serf", args);
	const command = (verb: string, ...rest: readonly string[]) => succeed("serf", [verb, `-rpc-addr=${rpc}`, ...rest]);
	await eventually(`serf ${name}: ${agent.output()}`, () => command("members"));
	const monitor: Background = background("serf", ["monitor", `-rpc-addr=${rpc}`, "-log-level=err"]);
	return {
		name,
		host,
		command,
		async statusOf(member) {
			const { members } = JSON.parse(await command("members", "-format=json"));
			return members.find((one: { name: string }) => one.name === member)?.status;
		},
		log: agent.output,
		monitor: monitor.output,
		async stop(signal = "SIGKILL") {
			await agent.stop(signal);
			await monitor.stop("SIGKILL");
		},
	};
}

/** A member of ours, in this process. */
export interface OwnMember {
	readonly serf: Serf;
	readonly events: SerfEvent[];
	statusOf(member: string): string | undefined;
	/** Whether the others know its name at another address. */
	hasToEnd(): boolean;
	/** Names of the user events it heard. */
	heard(): readonly string[];
}

export async function startOwn(
	name: string,
	host: string,
	options: {
		readonly join?: string;
		readonly key?: string;
		readonly swim?: Partial<SwimSettings>;
		/** Packets that do not arrive. */
		readonly drops?: (from: Address) => boolean;
	} = {},
): Promise<OwnMember> {
	const events: SerfEvent[] = [];
	let hasToEnd = false;
	const serf = new Serf({
		swim: {
			name,
			bind: { host, port },
			settings: { ...swimPresets.lan, ...options.swim },
			framing: {
				random: nodeRandom,
				label: "",
				keyring:
					options.key === undefined ? undefined : new Keyring(new Uint8Array(Buffer.from(options.key, "base64"))),
				verifyIncoming: true,
				verifyOutgoing: true,
				compress: true,
			},
			clock: nodeClock,
			random: nodeRandom,
			network: options.drops === undefined ? nodeNetwork : lossy(options.drops),
			logger: silentLogger,
		},
		settings: serfSettings,
		protocol: 5,
		tags: new Map([["of", name]]),
		matches: (expression, text) => new RegExp(expression).test(text),
		onNameConflict: () => {
			hasToEnd = true;
		},
		onEvent: (event) => {
			events.push(event);
			if (event.kind === "query" && event.name === "uptime") event.respond(new TextEncoder().encode("up here"));
		},
	});
	await serf.start();
	if (options.join !== undefined) await serf.join([{ host: options.join, port }], { ignoreOld: false });
	return {
		serf,
		events,
		statusOf: (member) => serf.member(member)?.status,
		hasToEnd: () => hasToEnd,
		heard: () => events.flatMap((event) => (event.kind === "user" ? [event.name] : [])),
	};
}

function lossy(drops: (from: Address) => boolean): Network {
	return {
		...nodeNetwork,
		bindDatagram: (local, onPacket) =>
			nodeNetwork.bindDatagram(local, (packet, from) => {
				if (!drops(from)) onPacket(packet, from);
			}),
	};
}

/** A file with what serf wants as `-keyring-file`. */
export function keyringFile(...keys: readonly string[]): string {
	const file = join(mkdtempSync(join(tmpdir(), "disco-gossip-")), "keyring.json");
	writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
	return file;
}
