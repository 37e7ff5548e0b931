import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { consulProgram, type DevAgent, startDevAgent } from "../support/dev-agents.ts";
import { createGate } from "../support/gate.ts";
import { type Background, background, eventually, outcome } from "../support/programs.ts";
import { bundleDiscoEnv } from "./program.ts";

/** What disco-env has and the reference has not, against the real Consul. */
const program = consulProgram();
if (program === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");

const folder = mkdtempSync(join(tmpdir(), "disco-env-beyond-"));
const discoEnv = join(folder, "disco-env.mjs");
const host = "127.60.0.2";
let consul: DevAgent;
const running: Background[] = [];

/**
 * Appends a line to `report` at its start and for each signal, with what stands in `file` then. With a variable PORT it answers there,
 * with the status that HEALTH says.
 */
const child = join(folder, "child.mjs");
const report = join(folder, "report");
writeFileSync(
	child,
	`import { appendFileSync, existsSync, readFileSync } from "node:fs";
	import { createServer } from "node:http";
	const [report, file] = process.argv.slice(2);
	const { A, HEALTH, PORT, WHO } = process.env;
	const say = (what) => appendFileSync(report, JSON.stringify({ what, pid: process.pid, A, WHO,
		file: file && existsSync(file) ? readFileSync(file, "utf8") : undefined }) + "\\n");
	process.on("SIGHUP", () => say("SIGHUP"));
	process.on("SIGINT", () => { say("end"); process.exit(0); });
	if (PORT) createServer((_, answer) => { answer.statusCode = Number(HEALTH ?? 200); answer.end(); }).listen(PORT, "127.60.0.3", () => say("start"));
	else say("start");
	setInterval(() => {}, 1000);`,
);

interface Event {
	readonly what: string;
	readonly pid: number;
	readonly A?: string;
	readonly WHO?: string;
	readonly file?: string;
}
const events = (): Event[] =>
	existsSync(report)
		? readFileSync(report, "utf8")
				.split("\n")
				.filter((line) => line !== "")
				.map((line) => JSON.parse(line) as Event)
		: [];
const seen = (what: string, count: number) =>
	eventually(`${what} ${count}`, () => {
		const found = events().filter((event) => event.what === what);
		return found.length >= count ? (found[count - 1] as Event) : undefined;
	});

const env = (address: string) => ({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN: "", DISCO_COMPAT: "" });
function start(args: readonly string[], options: { address?: string; env?: Record<string, string> } = {}): Background {
	const started = background(process.execPath, [discoEnv, ...args], {
		env: { ...env(options.address ?? consul.address), ...options.env },
	});
	running.push(started);
	return started;
}
const once = (args: readonly string[], address = consul.address) =>
	outcome(process.execPath, [discoEnv, ...args], { env: env(address) });
const childWords = (...words: string[]) => [process.execPath, child, report, ...words];

describe.skipIf(program === undefined)("disco-env, beyond", () => {
	beforeAll(async () => {
		await bundleDiscoEnv(discoEnv);
		consul = await startDevAgent([program as string], host);
	});
	afterAll(async () => {
		await consul?.stop();
		rmSync(folder, { recursive: true, force: true });
	});
	afterEach(async () => {
		for (const one of running.splice(0)) await one.stop("SIGINT");
		rmSync(report, { force: true });
		await consul.client.kv.delete("", { recurse: true });
	});

	test("a signal instead of a restart: the file has the new values when it comes", async () => {
		const file = join(folder, "app.env");
		await consul.client.kv.put("app/A", "it's\n1");
		start(["-prefix", "app", "-file", file, "-format", "shell", "-on-change", "signal=HUP", ...childWords(file)]);
		const { pid } = await seen("start", 1);
		expect(await seen("start", 1)).toMatchObject({ A: "it's\n1", file: "export A='it'\\''s\n1'\n" });
		expect(statSync(file).mode & 0o777).toBe(0o600);
		await consul.client.kv.put("app/A", "2");
		expect(await seen("SIGHUP", 1)).toMatchObject({ pid, A: "it's\n1", file: "export A='2'\n" });
	});

	test("a command instead of a restart; one that fails changes nothing", async () => {
		const out = join(folder, "out");
		const script = join(folder, "changed.sh");
		writeFileSync(script, `#!/bin/sh\nprintf '%s,' "$A" >> ${out}\n[ "$A" != bad ]\n`);
		chmodSync(script, 0o755);
		await consul.client.kv.put("app/A", "1");
		const program = start(["-prefix", "app", "-on-change", `exec=${script}`, ...childWords()]);
		const { pid } = await seen("start", 1);
		for (const [value, expected] of [
			["bad", "bad,"],
			["3", "bad,3,"],
		] as const) {
			await consul.client.kv.put("app/A", value);
			await eventually(value, () => existsSync(out) && readFileSync(out, "utf8") === expected);
		}
		expect(program.output()).toMatch(/on-change command ended with 1/);
		expect(events().map((event) => [event.what, event.pid])).toEqual([["start", pid]]);
	});

	test("without a command the file is kept; what the format cannot hold leaves it as it is", async () => {
		const file = join(folder, "kept.env");
		await consul.client.kv.put("app/A", "1");
		const program = start(["-prefix", "app", "-file", file, "-format", "docker", "-on-change", "none"]);
		const content = (text: string) => eventually(text, () => existsSync(file) && readFileSync(file, "utf8") === text);
		await content("A=1\n");
		await consul.client.kv.put("app/A", "a\nb");
		await eventually("the error", () => /variable "A" cannot be written as docker/.test(program.output()));
		await content("A=1\n");
		await consul.client.kv.put("app/A", "2");
		await content("A=2\n");
		program.child.kill("SIGTERM");
		expect(await program.exited).toEqual({ code: 12, signal: null });
	});

	test("printed: one read, one format, no command", async () => {
		await consul.client.kv.put("app/A", "x y");
		expect(await once(["-prefix", "app", "-format", "json"])).toEqual({
			exitCode: 0,
			stdout: '{\n\t"A": "x y"\n}\n',
			stderr: "",
		});
		await consul.client.kv.put("app/B", Buffer.from("a\0b"));
		expect(await once(["-prefix", "app", "-format", "systemd"])).toMatchObject({
			exitCode: 14,
			stdout: "",
			stderr: expect.stringContaining('variable "B" has a NUL byte'),
		});
	});

	test("single keys by name, defaults below everything", async () => {
		await consul.client.kv.put("app/A", "prefix");
		await consul.client.kv.put("other/db/url", "mapped");
		const args = ["-prefix", "app", "-map", "DB_URL=other/db/url", "-map", "A=other/a", "-format", "dotenv"];
		const defaults = ["-default", "A=default", "-default", "C=default=2"];
		expect((await once([...args, ...defaults])).stdout).toBe("A='prefix'\nC='default=2'\nDB_URL='mapped'\n");
		await consul.client.kv.put("other/a", "key");
		expect((await once([...args, ...defaults])).stdout).toBe("A='key'\nC='default=2'\nDB_URL='mapped'\n");
	});

	test("existing variables are kept when told so, in the file too; deeper keys get a separator", async () => {
		await consul.client.kv.put("app/A", "read");
		await consul.client.kv.put("app/db/host", "h");
		const args = ["-prefix", "app", "-separator", "__", "-format", "dotenv"];
		expect((await once(args)).stdout).toBe("A='read'\ndb__host='h'\n");
		const kept = { env: { ...env(consul.address), A: "own" } };
		const words = [discoEnv, "-once", "-prefix", "app", "sh", "-c", 'echo "$A"'];
		expect((await outcome(process.execPath, words, kept)).stdout).toBe("read\n");
		words.splice(1, 0, "-keep-existing");
		expect((await outcome(process.execPath, words, kept)).stdout).toBe("own\n");
		expect((await outcome(process.execPath, [discoEnv, "-keep-existing", ...args], kept)).stdout).toBe(
			"db__host='h'\n",
		);
	});

	test("without the agent: defaults, then the last values; when it comes, its own", async () => {
		const gate = createGate(consul.address);
		const cache = join(folder, "cache");
		const args = ["-prefix", "app", "-cache", cache, "-default", "A=default", "-consul-retry-max-backoff", "200ms"];
		const words = ["/bin/sh", "-c", 'echo "$A"'];
		expect((await once(["-once", ...args, ...words], gate.address)).stdout).toBe("default\n");
		await consul.client.kv.put("app/A", "kept");
		expect((await once(["-once", ...args, ...words])).stdout).toBe("kept\n");
		expect(statSync(cache).mode & 0o777).toBe(0o600);
		await consul.client.kv.put("app/A", "new");
		start([...args, ...childWords()], { address: gate.address });
		expect(await seen("start", 1)).toMatchObject({ A: "kept" });
		await gate.up();
		expect(await seen("start", 2)).toMatchObject({ A: "new" });
		await gate.down();
	});

	test("the seven variables of a service follow its instances", async () => {
		const { agent } = consul.client;
		const register = (id: string, port: number) =>
			agent.registerService({
				ID: id,
				Name: "redis-master",
				Address: "10.0.0.11",
				Port: port,
				Check: { TTL: "1h", Status: "passing", CheckID: id },
			});
		const print = ["/bin/sh", "-c", `env | grep REDIS_MASTER | sort > ${report}.env; exec sleep 1000`];
		const file = () => (existsSync(`${report}.env`) ? readFileSync(`${report}.env`, "utf8") : "");
		const program = start(["-service", "redis-master", ...print]);
		await eventually("the warning", () => /no instance is healthy/.test(program.output()));
		await register("r1", 6379);
		await eventually("seven", () => file().split("\n").length === 8);
		expect(file()).toContain("REDIS_MASTER_PORT_6379_TCP_ADDR=10.0.0.11\n");
		await register("r0", 6380);
		await agent.failCheck("r1");
		await eventually("the other one", () => file().includes("REDIS_MASTER_PORT=tcp://10.0.0.11:6380\n"));
		for (const id of ["r0", "r1"]) await agent.deregisterService(id);
	});

	async function freePort(): Promise<number> {
		const server = createServer();
		await new Promise<void>((resolve) => void server.listen(0, "127.60.0.3", resolve));
		const { port } = server.address() as AddressInfo;
		await new Promise((resolve) => server.close(resolve));
		return port;
	}

	/** `count` programs with `rolling` options, each with its child at a port of its own; all have started. */
	async function startFleet(count: number, ...rolling: string[]): Promise<readonly Background[]> {
		const fleet: Background[] = [];
		for (let who = 0; who < count; who++) {
			const port = await freePort();
			const ready = ["-ready", `http://127.60.0.3:${port}/`, "-ready-timeout", "5s"];
			const args = ["-prefix", "app", "-restart-lock", "svc/app", ...rolling, ...ready, ...childWords()];
			fleet.push(start(args, { env: { WHO: String(who), PORT: String(port) } }));
		}
		await seen("start", count);
		return fleet;
	}

	/** The most children that were down at once in these events. */
	function downMax(these: readonly Event[]): number {
		let down = 0;
		return Math.max(0, ...these.map(({ what }) => (what === "end" ? ++down : --down)));
	}

	test("rolling: ten programs restart one after the other; the first whose restart fails stops the other nine", async () => {
		const count = 10;
		await consul.client.kv.put("app/A", "1");
		const fleet = await startFleet(count);
		await consul.client.kv.put("app/A", "2");
		await seen("start", 2 * count);
		// Each that ended had started again before the next one ended.
		const order = events().slice(count);
		expect(downMax(order)).toBe(1);
		expect(order.filter(({ what }) => what === "end").every(({ A }) => A === "1")).toBe(true);
		expect(order.filter(({ what }) => what === "start").every(({ A }) => A === "2")).toBe(true);
		expect(new Set(order.map(({ WHO }) => WHO)).size).toBe(count);
		const before = events().length;
		await consul.client.kv.put("app/HEALTH", "500");
		await eventually("all others refuse", () => {
			const refusing = fleet.filter((one) => /failed elsewhere/.test(one.output()));
			return refusing.length === count - 1;
		});
		expect(fleet.filter((one) => /did not become ready/.test(one.output()))).toHaveLength(1);
		expect(
			events()
				.slice(before)
				.map(({ what }) => what),
		).toEqual(["end", "start"]);
		await consul.client.kv.put("app/HEALTH", "200");
		// The first goes back to health, and with another value all follow.
		await consul.client.kv.put("app/A", "3");
		await eventually("all have the new value", () => {
			const last = new Map(events().map((event) => [event.WHO, event]));
			return [...last.values()].every(({ what, A }) => what === "start" && A === "3") && last.size === count;
		});
	});

	test("rolling: with a limit of two, two are down at once and never three", async () => {
		const count = 6;
		await consul.client.kv.put("app/A", "1");
		await startFleet(count, "-restart-limit", "2");
		for (const round of [2, 3]) {
			await consul.client.kv.put("app/A", String(round));
			await seen("start", round * count);
		}
		expect(downMax(events().slice(count))).toBeLessThanOrEqual(2);
	});
});
