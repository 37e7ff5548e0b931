import { spawn } from "node:child_process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { installed } from "../support/dev-agents.ts";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

// examples/layer4 for real: a client, a router that balances, servers, each in a network namespace of its own, nothing of it
// reachable from outside. The agent and disco-template run on the router.

const usable = process.getuid?.() === 0 && ["ip", "nsenter", "nft", "iptables"].every(installed);
if (process.env["CI"] && !usable) throw new Error("needs root, iproute2, nftables and iptables: scripts/test-tools.sh");

const { path, file, content } = useFolder();
const vip = "192.0.2.10:80";
const peer = [process.execPath, "test/template/layer4-peer.mjs"];
const api = "http://127.0.0.1:8500/v1";

type Place = "client" | "router" | "server";
const namespace = (place: Place) => `disco-layer4-${place}-${process.pid}`;
const inside = (place: Place, ...words: readonly string[]) =>
	["nsenter", [`--net=/var/run/netns/${namespace(place)}`, ...words]] as const;
const run = (place: Place, ...words: readonly string[]) => succeed(...inside(place, ...words));
const start = (place: Place, ...words: readonly string[]) => background(...inside(place, ...words));
const places: readonly Place[] = ["client", "router", "server"];

/** Between the router and another place: a veth pair with .1 on the router's side. */
async function connectRouter(place: Place, network: string, addresses: readonly string[]): Promise<void> {
	const device = `l4${place}`;
	await succeed("ip", [
		"link",
		"add",
		device,
		"netns",
		namespace("router"),
		"type",
		"veth",
		"peer",
		"name",
		"up0",
		"netns",
		namespace(place),
	]);
	await run("router", "ip", "addr", "add", `${network}.1/24`, "dev", device);
	await run("router", "ip", "link", "set", device, "up");
	for (const address of addresses) await run(place, "ip", "addr", "add", `${address}/24`, "dev", "up0");
	await run(place, "ip", "link", "set", "up0", "up");
	await run(place, "ip", "route", "add", "default", "via", `${network}.1`);
}

const instances = ["10.98.2.11:9001", "10.98.2.12:9002", "10.98.2.13:9003"];
const register = (instance: string, weight = 1) => {
	const [Address, port] = instance.split(":");
	const service = { ID: instance, Name: "api", Address, Port: Number(port), Weights: { Passing: weight, Warning: 1 } };
	return run("router", "curl", "-sSf", "-X", "PUT", "-d", JSON.stringify(service), `${api}/agent/service/register`);
};
const deregister = (instance: string) =>
	run("router", "curl", "-sSf", "-X", "PUT", `${api}/agent/service/deregister/${instance}`);
const connections = async (number: number, from: Place = "client") =>
	JSON.parse(await run(from, ...peer, "count", vip, String(number))) as Readonly<Record<string, number>>;
const reached = (wanted: readonly string[]) =>
	eventually(`connections reach ${wanted.join(" ")}`, async () => {
		const found = Object.keys(await connections(20 * Math.max(wanted.length, 1)));
		return found.sort().join() === [...wanted].sort().join();
	});

/** A connection that stays open: `says` sends a line and waits for it to come back. */
function keepOpen() {
	const [program, args] = inside("client", ...peer, "keep", vip);
	const child = spawn(program, [...args], { stdio: ["pipe", "pipe", "inherit"] });
	let text = "";
	child.stdout.on("data", (chunk: Buffer) => {
		text += chunk.toString();
	});
	return {
		instance: () => eventually("it is connected", () => /^(\S+:\d+)\n/.exec(text)?.[1]),
		says: (line: string) => {
			child.stdin.write(`${line}\n`);
			return eventually(`${line} comes back`, () => text.endsWith(`${line}\n`));
		},
		close: () => child.kill("SIGKILL"),
	};
}

describe.skipIf(!usable)("examples/layer4", () => {
	const running: Background[] = [];
	let renderer: Background | undefined;

	beforeAll(async () => {
		for (const place of places) {
			await succeed("ip", ["netns", "add", namespace(place)]);
			await run(place, "ip", "link", "set", "lo", "up");
		}
		await connectRouter("client", "10.98.1", ["10.98.1.2"]);
		await connectRouter(
			"server",
			"10.98.2",
			instances.map((instance) => instance.split(":")[0] ?? ""),
		);
		await run("router", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
		// Only where something routes to the address does the router's own traffic reach the rules.
		await run("router", "ip", "route", "add", "192.0.2.0/24", "dev", "l4server");
		const server = start("server", ...peer, "serve", ...instances);
		running.push(server, start("router", process.execPath, "dist/disco.js", "agent", "-dev", "-log-level=warn"));
		await eventually("the servers", () => server.output().includes("ready"));
		await eventually("a leader", async () => (await run("router", "curl", "-sSf", `${api}/status/leader`)).length > 4);
		await run("router", "curl", "-sSf", "-X", "PUT", "-d", vip, `${api}/kv/vip/api`);
	});
	afterEach(async () => {
		await renderer?.stop("SIGKILL");
		for (const instance of instances) await deregister(instance).catch(() => {});
	});
	afterAll(async () => {
		await Promise.all(running.map((one) => one.stop("SIGKILL")));
		for (const place of places) await outcome("ip", ["netns", "delete", namespace(place)]);
	});

	function render(source: string, check: string, command: string): void {
		file(
			"c.hcl",
			`template { source = "examples/layer4/${source}" destination = "${path("rules")}" check = "${check}" command = "${command}" }`,
		);
		renderer = start("router", process.execPath, "dist/disco-template.js", "-config", path("c.hcl"));
	}

	async function balances(): Promise<void> {
		// Before there are rules, nobody answers at all.
		await eventually("the rules", () => {
			if (renderer?.child.exitCode !== null) throw new Error(`disco-template ended: ${renderer?.output()}`);
			return content("rules");
		});
		await register(instances[0] ?? "");
		await register(instances[1] ?? "");
		await register(instances[2] ?? "", 2);
		await reached(instances);

		// 1 : 1 : 2 of 400; five standard deviations are 43 and 50.
		const counts = await connections(400);
		expect(Math.abs((counts[instances[0] ?? ""] ?? 0) - 100)).toBeLessThan(45);
		expect(Math.abs((counts[instances[1] ?? ""] ?? 0) - 100)).toBeLessThan(45);
		expect(Math.abs((counts[instances[2] ?? ""] ?? 0) - 200)).toBeLessThan(52);
		expect(Object.keys(await connections(60, "router")).sort()).toEqual(instances);

		const kept = keepOpen();
		try {
			const own = await kept.instance();
			const others = instances.filter((instance) => instance !== own);
			await deregister(own);
			await reached(others);
			await kept.says("still here");
			// Rules are replaced while connections are made: none fails.
			const under = connections(600);
			for (let turn = 0; turn < 5; turn++) {
				await register(own);
				await deregister(own);
			}
			expect(Object.keys(await under).filter((answer) => !instances.includes(answer))).toEqual([]);
			await kept.says("and still");
			for (const instance of others) await deregister(instance);
			await reached(["ECONNREFUSED"]);
			await kept.says("and on");
			const good = content("rules");
			await register("10.98.2.11; flush ruleset:9001");
			await register(own);
			await reached([own]);
			expect(content("rules")?.length).toBeGreaterThan(good?.length ?? 0);
			expect(content("rules")).not.toContain("flush ruleset");
			await deregister("10.98.2.11; flush ruleset:9001").catch(() => {});
		} finally {
			kept.close();
		}
	}

	test("nftables", async () => {
		render("nft.ctmpl", "nft -c -f {{.Src}}", `nft -f ${path("rules")}`);
		await balances();
		await run("router", "nft", "delete", "table", "ip", "disco");
	});

	test("iptables", async () => {
		render(
			"iptables.ctmpl",
			"iptables-restore --test --noflush {{.Src}}",
			`sh examples/layer4/apply-iptables.sh ${path("rules")}`,
		);
		await balances();
		const rules = await run("router", "iptables-save");
		for (const [chain, jumps] of [
			["PREROUTING", 1],
			["FORWARD", 1],
			["OUTPUT", 2],
		] as const)
			expect(rules.split(`-A ${chain} -j DISCO\n`)).toHaveLength(jumps + 1);
	});
});
