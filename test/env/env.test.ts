import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { consulProgram, type DevAgent, startDevAgent } from "../support/dev-agents.ts";
import { createGate } from "../support/gate.ts";
import { type Background, background, eventually, outcome } from "../support/programs.ts";
import { bundleDiscoEnv } from "./program.ts";

/** What disco-env does better than the reference by default, and that it holds, against the real Consul. */
const program = consulProgram();
if (program === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");

const folder = mkdtempSync(join(tmpdir(), "disco-env-e2e-"));
const discoEnv = join(folder, "disco-env.mjs");
const report = join(folder, "report");
let consul: DevAgent;
const running: Background[] = [];

/** Tells what it was started with in `report`, then stays until a signal. */
const child = join(folder, "child.mjs");
writeFileSync(
	child,
	`import { appendFileSync } from "node:fs";
	const [report, ...words] = process.argv.slice(2);
	const say = (event) => appendFileSync(report, JSON.stringify({ pid: process.pid, ...event }) + "\\n");
	for (const signal of ["SIGTERM", "SIGINT", "SIGUSR1", "SIGUSR2"]) process.on(signal, () => {
		say({ signal });
		if (signal.startsWith("SIGUSR") || words.includes("ignore")) return;
		setTimeout(() => process.exit(7), words.includes("slow") ? 300 : 0);
	});
	say({ start: true, words, env: process.env });
	setInterval(() => {}, 1000);`,
);

interface Event {
	readonly pid: number;
	readonly start?: true;
	readonly words?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	readonly signal?: string;
}

const events = (): Event[] =>
	readFileSync(report, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Event);
const starts = () => events().filter(({ start }) => start);
const signals = () => events().flatMap(({ signal }) => signal ?? []);

/** The last start, when there have been `count`. */
const started = (count: number) =>
	eventually(`start ${count}`, () => (starts().length === count ? (starts().at(-1) as Event) : undefined));

function alive(pid: number): boolean {
	try {
		// A zombie (its new parent has not looked yet) has ended.
		return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

const env = (address = consul.address) => ({ CONSUL_HTTP_ADDR: address, CONSUL_HTTP_TOKEN: "", DISCO_COMPAT: "" });

function start(args: readonly string[], address?: string): Background {
	const started = background(process.execPath, [discoEnv, ...args], { env: env(address) });
	running.push(started);
	return started;
}

const once = (args: readonly string[], address?: string) =>
	outcome(process.execPath, [discoEnv, ...args], { env: env(address), timeoutMs: 30_000 });
const childWords = (...words: string[]) => [process.execPath, child, report, ...words];

describe.skipIf(program === undefined)("disco-env", () => {
	beforeAll(async () => {
		await bundleDiscoEnv(discoEnv);
		consul = await startDevAgent([program as string], "127.17.0.2");
	});
	afterAll(async () => {
		await consul?.stop();
		rmSync(folder, { recursive: true, force: true });
	});
	afterEach(async () => {
		// The children hold the programs' pipes: they go before the pipes' end is waited for.
		for (const one of running) one.child.kill("SIGKILL");
		for (const { pid } of events()) if (alive(pid)) process.kill(pid, "SIGKILL");
		for (const one of running.splice(0)) await one.exited;
		writeFileSync(report, "");
		await consul.client.kv.delete("", { recurse: true });
	});
	beforeAll(() => writeFileSync(report, ""));

	test("the keys are the child's environment, a change restarts it, its exit code is passed on", async () => {
		await consul.client.kv.put("service/api/prod/SHADE", "red");
		const running = start(["-prefix", "service/api/prod", ...childWords()]);
		expect((await started(1)).env).toMatchObject({ SHADE: "red", HOME: process.env["HOME"] });
		await consul.client.kv.put("service/api/prod/SHADE", "blue");
		expect((await started(2)).env).toMatchObject({ SHADE: "blue" });
		await consul.client.kv.delete("service/api/prod/SHADE");
		expect((await started(3)).env).not.toHaveProperty("SHADE");
		expect(starts().filter(({ pid }) => alive(pid))).toHaveLength(1);
		running.child.kill("SIGTERM");
		expect(await running.exited).toEqual({ code: 7, signal: null });
		expect(signals()).toEqual(["SIGINT", "SIGINT", "SIGTERM"]);
	});

	test("arguments arrive exactly as given", async () => {
		const words = ["a b", "", "$HOME", "*", "'\"", "-x", "--prefix=zz", "é\n"];
		start(["-prefix", "app", ...childWords(...words)]);
		expect((await started(1)).words).toEqual(words);
	});

	test("a prefix is a path: what only starts alike is something else", async () => {
		await consul.client.kv.put("app/a", "1");
		await consul.client.kv.put("app2/b", "2");
		await consul.client.kv.put("apple", "3");
		const { stdout } = await once(["-once", "-pristine", "-prefix", "app", "/usr/bin/env"]);
		expect(stdout).toBe("a=1\n");
	});

	test("names that no shell knows arrive", async () => {
		await consul.client.kv.put("app/db/host", "h");
		expect((await once(["-once", "-pristine", "-prefix", "app", "/usr/bin/env"])).stdout).toBe("db/host=h\n");
	});

	test("a daemon waits for its agent, and sees what changed while the agent was away", async () => {
		const gate = createGate(consul.address);
		await consul.client.kv.put("app/a", "1");
		const running = start(["-prefix", "app", "-consul-retry-max-backoff", "200ms", ...childWords()], gate.address);
		await eventually("a warning", () => /cannot reach the agent at .*; retrying/.test(running.output()));
		expect(starts()).toHaveLength(0);
		await gate.up();
		const first = await started(1);
		expect(first.env).toMatchObject({ a: "1" });
		await gate.down();
		await consul.client.kv.put("app/a", "2");
		await eventually("the outage to be noticed", () =>
			/connection refused[^\n]*attempt=2/.test(running.output().slice(-400)),
		);
		expect(alive(first.pid)).toBe(true);
		await gate.up();
		expect((await started(2)).env).toMatchObject({ a: "2" });
		await gate.down();
	});

	test("SIGTERM ends it while no child runs yet", async () => {
		const gate = createGate(consul.address);
		const running = start(["-prefix", "app", ...childWords()], gate.address);
		await eventually("a warning", () => running.output().includes("retrying"));
		running.child.kill("SIGTERM");
		expect(await running.exited).toEqual({ code: 12, signal: null });
	});

	test("signals are passed on", async () => {
		const running = start(["-prefix", "app", ...childWords()]);
		await started(1);
		for (const signal of ["SIGUSR1", "SIGUSR2"] as const) {
			running.child.kill(signal);
			await eventually(signal, () => signals().includes(signal));
		}
		expect(alive((await started(1)).pid)).toBe(true);
		running.child.kill("SIGINT");
		expect(await running.exited).toEqual({ code: 12, signal: null });
	});

	test("a child that a signal ended counts as in a shell", async () => {
		const running = start(["-prefix", "app", ...childWords()]);
		process.kill((await started(1)).pid, "SIGKILL");
		expect(await running.exited).toEqual({ code: 137, signal: null });
	});

	test("a child that does not want to end is killed, at once when asked twice", async () => {
		const running = start(["-prefix", "app", ...childWords("ignore")]);
		const { pid } = await started(1);
		running.child.kill("SIGINT");
		await eventually("the first signal", () => signals().includes("SIGINT"));
		running.child.kill("SIGINT");
		expect(await running.exited).toEqual({ code: 12, signal: null });
		expect(alive(pid)).toBe(false);
	});

	test("asked to end while the old child takes its time, it starts no new one", async () => {
		const running = start(["-prefix", "app", ...childWords("slow")]);
		const { pid } = await started(1);
		await consul.client.kv.put("app/a", "1");
		await eventually("the restart's signal", () => signals().includes("SIGINT"));
		running.child.kill("SIGTERM");
		expect(await running.exited).toEqual({ code: 12, signal: null });
		expect(starts()).toHaveLength(1);
		expect(alive(pid)).toBe(false);
	});

	test("what a shell started ends with it, in its own time", async () => {
		const line = `${process.execPath} ${child} ${report} slow & ${process.execPath} ${child} ${report} ignore & wait`;
		const running = start(["-prefix", "app", "-exec-kill-timeout", "1s", "-exec", line]);
		await eventually("two children", () => starts().length === 2);
		running.child.kill("SIGTERM");
		const { code } = await running.exited;
		expect(code).toBe(143);
		expect(signals()).toEqual(["SIGTERM", "SIGTERM"]);
		expect(starts().filter(({ pid }) => alive(pid))).toEqual([]);
	});

	test("SIGHUP with a broken file changes nothing; with a good one restarts the child", async () => {
		await consul.client.kv.put("app/a", "1");
		const file = join(folder, "config.hcl");
		writeFileSync(file, "upcase = false");
		const running = start(["-config", file, "-prefix", "app", ...childWords()]);
		const { pid } = await started(1);
		writeFileSync(file, "upcase = = true");
		running.child.kill("SIGHUP");
		await eventually("the error", () =>
			running.output().includes(`not reloaded: ${file}:1:10: expected a value, found "="`),
		);
		expect(alive(pid)).toBe(true);
		writeFileSync(file, "upcase = true");
		running.child.kill("SIGHUP");
		expect((await started(2)).env).toMatchObject({ A: "1" });
	});

	test.each<[string, string[], number, RegExp]>([
		[
			"an unknown option",
			["-prefx", "x", "env"],
			13,
			/^disco-env: unknown option -prefx \(did you mean -prefix\?\)\n$/,
		],
		["no command", ["-prefix", "app"], 15, /^disco-env: no command to run: .*\n$/],
		["nothing to read", ["env"], 15, /^disco-env: nothing to read: .*\n$/],
		[
			"a missing file",
			["-config", "/no/such", "env"],
			15,
			/^disco-env: configuration \/no\/such: there is no such file\n$/,
		],
		[
			"no such command",
			["-prefix", "app", "no-such-command"],
			14,
			/^disco-env: command no-such-command: not found in PATH\n$/,
		],
		[
			"a folder as command",
			["-prefix", "app", "/tmp"],
			14,
			/^disco-env: command \/tmp cannot be started: no permission to run it\n$/,
		],
		[
			"an address that is none",
			["-consul-addr", "a b", "-prefix", "app", "env"],
			14,
			/^disco-env: agent address "a b": .*\n$/,
		],
		["a missing variable", ["-prefix", 'app/{{ env "NO_SUCH" }}', "env"], 14, /^disco-env: prefix .*has no NO_SUCH\n$/],
	])("%s: one line and the right exit code", async (_, args, exitCode, stderr) => {
		const result = await once(args);
		expect(result).toMatchObject({ exitCode, stdout: "" });
		expect(result.stderr).toMatch(stderr);
	});

	test("-once gives up after its attempts, and never shows the token", async () => {
		const result = await once(
			[
				"-once",
				"-consul-token",
				"secret",
				"-consul-retry-attempts",
				"1",
				"-consul-retry-backoff",
				"1ms",
				"-prefix",
				"app",
				"env",
			],
			"127.17.0.2:1",
		);
		expect(result.exitCode).toBe(14);
		expect(result.stderr.trim().split("\n").at(-1)).toMatch(
			/^disco-env: cannot reach the agent at http:\/\/127\.17\.0\.2:1: connection refused/,
		);
		expect(result.stderr).not.toContain("secret");
	});

	test("a value that no environment can hold is named", async () => {
		await consul.client.kv.put("app/bad", Buffer.from("a\0b"));
		const result = await once(["-once", "-prefix", "app", "env"]);
		expect(result).toMatchObject({
			exitCode: 14,
			stderr: expect.stringMatching(/^disco-env: variable "bad" has a NUL byte/),
		});
		await consul.client.kv.put("app/bad", "x".repeat(200_000));
		expect(await once(["-once", "-prefix", "app", "env"])).toMatchObject({
			exitCode: 14,
			stderr: expect.stringMatching(/too large/),
		});
	});
});
