import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { consulProgram } from "../support/dev-agents.ts";
import { background, eventually } from "../support/programs.ts";
import type { Row, World } from "./row.ts";

/** A row of the real `consul` command in front of our agent; `consul(...)` gives what it prints. */
const row = (
	what: string,
	run: (consul: (...args: readonly string[]) => Promise<string>, world: World) => Promise<void>,
	differs?: string,
): Row => ({
	ours: "disco agent",
	theirs: "`consul` command",
	what,
	...(differs === undefined ? {} : { differs }),
	run: (world) => run((...args) => world.consulCommand(world.disco, ...args), world),
});

export const consulCommandRows: readonly Row[] = [
	row("kv put, get, export, import, delete", async (consul, { folder }) => {
		await consul("kv", "put", "m/a", "1");
		await consul("kv", "put", "-flags=7", "-cas", "-modify-index=0", "m/b", "two words");
		await expect(consul("kv", "put", "-cas", "-modify-index=1", "m/b", "x")).rejects.toThrow(/CAS failed/);
		expect(await consul("kv", "get", "-recurse", "m/")).toBe("m/a:1\nm/b:two words\n");
		expect(await consul("kv", "get", "-detailed", "m/b")).toMatch(/Flags +7\n/);
		expect(await consul("kv", "get", "-keys", "-separator=/", "")).toContain("m/\n");
		const exported = await consul("kv", "export", "m/");
		await consul("kv", "delete", "-recurse", "m/");
		const file = join(folder(), "kv.json");
		writeFileSync(file, exported);
		await consul("kv", "import", `@${file}`);
		expect(await consul("kv", "get", "m/b")).toBe("two words\n");
		await consul("kv", "delete", "-recurse", "m/");
	}),
	row("catalog, members, info, rtt", async (consul, { disco }) => {
		const { NodeName } = (await disco.client.agent.self()).Config;
		expect(await consul("catalog", "datacenters")).toBe("dc1\n");
		expect(await consul("catalog", "nodes", "-detailed")).toMatch(new RegExp(`^${NodeName} `, "m"));
		expect(await consul("catalog", "services", "-tags")).toMatch(/^consul/m);
		expect(await consul("members", "-detailed")).toMatch(/ alive +.*role=consul/);
		expect(await consul("info")).toMatch(/^raft:/m);
		const coord = { Vec: Array<number>(8).fill(0), Error: 1, Adjustment: 0, Height: 0.00001 };
		await disco.client.coordinate.update({ Node: NodeName, Coord: coord });
		await eventually("a place", async () => (await disco.client.coordinate.node(NodeName)).value.length > 0);
		expect(await consul("rtt", NodeName)).toMatch(/rtt: \d/);
	}),
	row("services register (file and options), deregister; maint", async (consul, { disco, folder }) => {
		const file = join(folder(), "web.hcl");
		writeFileSync(
			file,
			'service { name = "web" id = "web-1" port = 80 tags = ["a"] check { ttl = "1h" status = "passing" } }',
		);
		await consul("services", "register", file);
		await consul("services", "register", "-name=db", "-port=5432", "-tag=primary", "-meta=rack=7");
		expect(await consul("catalog", "services", "-tags")).toMatch(/^db +primary\n(.*\n)*web +a\n/m);
		await consul("maint", "-enable", "-service=web-1", "-reason=repair");
		expect(await consul("maint")).toMatch(/ID: +web-1\n +Reason: repair/);
		expect((await disco.client.health.service("web", { passing: true })).value).toEqual([]);
		await consul("maint", "-disable", "-service=web-1");
		expect((await disco.client.health.service("web", { passing: true })).value).toHaveLength(1);
		await consul("services", "deregister", file);
		await consul("services", "deregister", "-id=db");
		expect(await disco.client.agent.services()).toEqual({});
	}),
	row("watch with a handler: key, keyprefix, service, checks, nodes, event", async (consul, { disco, folder }) => {
		await disco.client.kv.put("w/key", "1");
		for (const [type, ...options] of [
			["keyprefix", "-prefix=w/"],
			["service", "-service=consul"],
			["checks", "-state=any"],
			["nodes"],
			["services"],
		]) {
			expect(JSON.parse(await consul("watch", `-type=${type}`, ...options)), type).toBeTruthy();
		}
		const report = join(folder(), "seen");
		const handler = `cat >> ${report}; echo >> ${report}`;
		const seen = (text: string) => () => {
			try {
				return readFileSync(report, "utf8").includes(text);
			} catch {
				return false;
			}
		};
		const env = { CONSUL_HTTP_ADDR: disco.address };
		const program = consulProgram() as string;
		const watching = [
			background(program, ["watch", "-type=key", "-key=w/key", handler], { env }),
			background(program, ["watch", "-type=event", "-name=deploy", handler], { env }),
		];
		try {
			await eventually("the first value", seen('"Value":"MQ=="'));
			await disco.client.kv.put("w/key", "2");
			await eventually("the next value", seen('"Value":"Mg=="'));
			await consul("event", "-name=deploy", "-node=.*", "now");
			await eventually("the event", seen(`"Payload":"${Buffer.from("now").toString("base64")}"`));
		} finally {
			for (const each of watching) await each.stop("SIGKILL");
		}
		await disco.client.kv.delete("w/", { recurse: true });
	}),
	row("lock and semaphore, beside those of `disco lock`", async (consul, world) => {
		expect(await consul("lock", "locks/a", "echo", "held")).toBe("held\n");
		expect(await consul("lock", "-n=2", "locks/b", "echo", "held")).toBe("held\n");
		await exclude(world, "disco");
	}),
	row("snapshot save, restore", async (consul, { disco, folder }) => {
		const file = join(folder(), "state.snap");
		await disco.client.kv.put("snap", "1");
		expect(await consul("snapshot", "save", file)).toMatch(/Saved and verified snapshot/);
		await disco.client.kv.put("snap", "2");
		await consul("snapshot", "restore", file);
		expect(await consul("kv", "get", "snap")).toBe("1\n");
		await disco.client.kv.delete("snap");
	}),
	row("exec", async (consul, { disco }) => {
		// The sender's own watch of events must be there first: the first job may come too early for the agent.
		await eventually("the output", async () =>
			/: \d+ jobs\n/.test(await consul("exec", "-wait=1s", "echo $((6 * 7)) jobs")),
		);
		expect((await disco.client.kv.list("_rexec/")).value).toEqual([]);
	}),
	row("operator raft, autopilot; reload, join, version, monitor", async (consul, { disco }) => {
		expect(await consul("operator", "raft", "list-peers")).toMatch(/ leader +true +3\n/);
		await consul("operator", "autopilot", "set-config", "-cleanup-dead-servers=false");
		expect(await consul("operator", "autopilot", "get-config")).toMatch(/^CleanupDeadServers = false$/m);
		expect(await consul("operator", "autopilot", "state")).toMatch(/^Healthy: +true$/m);
		expect(await consul("reload")).toMatch(/reload triggered/);
		expect(await consul("join", disco.address.split(":")[0] ?? "")).toMatch(/joined cluster by contacting 1 nodes/);
		const env = { CONSUL_HTTP_ADDR: disco.address };
		const monitor = background(consulProgram() as string, ["monitor", "-log-level=debug"], { env });
		try {
			await eventually("a line of the log", async () => {
				await disco.client.agent.self();
				return / \[DEBUG\] /.test(monitor.output());
			});
		} finally {
			await monitor.stop("SIGKILL");
		}
	}),
	row(
		"snapshot inspect of disco's snapshot",
		async (consul, { folder }) => {
			const file = join(folder(), "state.snap");
			await consul("snapshot", "save", file);
			expect(await consul("snapshot", "inspect", file)).toMatch(/KVS/);
		},
		"the archive is Consul's (tar, checksums), what is in it is disco's own; `disco snapshot inspect` reads it",
	),
	{
		...row("debug: everything but the profiles of a Go program", async (consul, { folder }) => {
			const output = await consul("debug", "-duration=10s", "-interval=5s", `-output=${join(folder(), "debug")}`);
			expect(output).toMatch(/Saved debug archive/);
		}),
		waits: true,
	},
	row(
		"connect, intention, config, peering",
		async (consul) => {
			await consul("config", "list", "-kind=service-defaults");
		},
		"no mesh: a 404 that says so",
	),
];

/** While `consul lock` holds it at `server`, `disco lock` waits, and the other way round. */
export async function exclude(world: World, server: "disco" | "consul"): Promise<void> {
	const agent = world[server];
	const folder = world.folder();
	const report = join(folder, "report");
	const hold = (who: string) => [
		"lock",
		"locks/both",
		`echo ${who} in >> ${report}; sleep 0.3; echo ${who} out >> ${report}`,
	];
	await Promise.all([
		...["c1", "c2"].map((who) => world.consulCommand(agent, ...hold(who))),
		...["d1", "d2"].map((who) => world.discoCommand(agent, ...hold(who))),
	]);
	const lines = readFileSync(report, "utf8").trim().split("\n");
	expect(lines).toHaveLength(8);
	// Nobody comes in before the one before has gone out.
	for (let at = 0; at < lines.length; at += 2) {
		expect([lines[at], lines[at + 1]]).toEqual([lines[at], lines[at]?.replace(" in", " out")]);
	}
}
