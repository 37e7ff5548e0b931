import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { errorMessage } from "../../../lib/errors.ts";
import { address, Cluster, type Node } from "./harness.ts";

/**
 * Scenarios as text: lines with `>` are done, what follows each is what then happens. `RAFT_SCENARIOS=write` writes the files
 * anew; read the difference.
 */
const folder = join(import.meta.dirname, "scenarios");

type Command = (cluster: Cluster, args: readonly string[]) => void;

const commands: Readonly<Record<string, Command>> = {
	/** `servers a b c? d!`: `?` is a non-voter, `!` has no configuration. */
	servers: (cluster, names) => {
		const servers = names
			.filter((name) => !name.endsWith("!"))
			.map((name) => ({ id: bare(name), address: address(bare(name)), voter: !name.endsWith("?") }));
		cluster.bootstrap({ servers }, names.filter((name) => name.endsWith("!")).map(bare));
	},
	timeout: (cluster, ids) => {
		for (const id of ids) cluster.timeout(id);
	},
	tick: (cluster, [id = "", ms = "0"]) => cluster.tick(id, Number(ms)),
	deliver: (cluster, [count]) => void cluster.deliver(count === undefined ? undefined : Number(count)),
	/** `deliver-to a b`: only what goes to these. */
	"deliver-to": (cluster, ids) =>
		void cluster.deliver(undefined, (message) =>
			ids.includes(message.kind === "request" ? message.call.to.id : message.to),
		),
	lose: (cluster) => cluster.drop(),
	/** `elect a`: time-out and everything delivered. */
	elect: (cluster, [id = ""]) => {
		const before = cluster.transcript.length;
		cluster.timeout(id);
		cluster.deliver();
		cluster.tick(id, 60);
		cluster.deliver();
		cluster.transcript.splice(before);
		cluster.say(`${id} leads: ${cluster.leaders.includes(id)}`);
	},
	propose: (cluster, [id = "", ...values]) => {
		for (const value of values) cluster.propose(id, value);
	},
	heartbeat: (cluster, [id = ""]) => cluster.heartbeat(id),
	isolate: (cluster, [id = ""]) => cluster.isolate(id),
	cut: (cluster, [a = "", b = ""]) => cluster.cut(a, b),
	heal: (cluster) => cluster.heal(),
	crash: (cluster, [id = ""]) => cluster.crash(id),
	restart: (cluster, [id = ""]) => void cluster.restart(id),
	"hold-disk": (cluster, [id = ""]) => {
		cluster.node(id).diskHeld = true;
	},
	"release-disk": (cluster, [id = ""]) => {
		cluster.node(id).diskHeld = false;
		cluster.settle(cluster.node(id));
	},
	snapshot: (cluster, [id = "", keep = "0"]) => cluster.snapshot(id, Number(keep)),
	read: (cluster, [id = "", name = ""]) => on(cluster, id, ({ raft }) => raft.askLeadership(name)),
	transfer: (cluster, [id = "", target]) => on(cluster, id, ({ raft }) => raft.transferLeadership(target, "transfer")),
	"add-voter": (cluster, [id = "", added = ""]) =>
		on(
			cluster,
			id,
			({ raft }) => void raft.changeMembership({ kind: "add-voter", id: added, address: address(added) }),
		),
	"add-non-voter": (cluster, [id = "", added = ""]) =>
		on(
			cluster,
			id,
			({ raft }) => void raft.changeMembership({ kind: "add-non-voter", id: added, address: address(added) }),
		),
	remove: (cluster, [id = "", removed = ""]) =>
		on(cluster, id, ({ raft }) => void raft.changeMembership({ kind: "remove", id: removed })),
	demote: (cluster, [id = "", demoted = ""]) =>
		on(cluster, id, ({ raft }) => void raft.changeMembership({ kind: "demote-voter", id: demoted })),
	status: (cluster) => {
		for (const { id, raft, running } of cluster.nodes.values()) {
			const { servers } = raft.configuration;
			const members = servers.map((server) => server.id + (server.voter ? "" : "?")).join(" ");
			const state = running ? raft.role : "down";
			cluster.say(`${id} ${state} t${raft.term} last ${raft.lastIndex} commit ${raft.commitIndex} of (${members})`);
		}
	},
	log: (cluster, ids) => {
		for (const id of ids) {
			const { raft } = cluster.node(id);
			const held = Array.from(
				{ length: raft.lastIndex - raft.compactedIndex },
				(_, at) => raft.compactedIndex + 1 + at,
			);
			cluster.say(`${id} log ${held.map((index) => `${index}/${raft.termAt(index)}`).join(" ")}`);
		}
	},
};

function on(cluster: Cluster, id: string, act: (node: Node) => void): void {
	const node = cluster.node(id);
	act(node);
	cluster.settle(node);
}

function bare(name: string): string {
	return name.replace(/[?!]$/, "");
}

function play(script: string): string {
	const cluster = new Cluster();
	const out: string[] = [];
	for (const line of script.split("\n")) {
		if (line.startsWith("#") || line === "") out.push(line);
		if (!line.startsWith("> ")) continue;
		out.push(line);
		const [name = "", ...args] = line.slice(2).trim().split(/ +/);
		const command = commands[name];
		if (command === undefined) throw new Error(`unknown command ${name}`);
		try {
			command(cluster, args);
		} catch (error) {
			cluster.say(`refused: ${errorMessage(error)}`);
		}
		out.push(...cluster.transcript.splice(0));
	}
	return `${out.join("\n").trimEnd()}\n`;
}

it.each(readdirSync(folder))("%s", (name) => {
	const path = join(folder, name);
	const script = readFileSync(path, "utf8");
	const played = play(script);
	if (process.env["RAFT_SCENARIOS"] === "write") writeFileSync(path, played);
	else expect(played).toBe(script);
});
