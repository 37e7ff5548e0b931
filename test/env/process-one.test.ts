import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reaperMark, reaperScript } from "../../envconsul/process-one.ts";
import { consulProgram, type DevAgent, startDevAgent } from "../support/dev-agents.ts";
import { background, eventually, outcome } from "../support/programs.ts";
import { bundleDiscoEnv } from "./program.ts";

const program = consulProgram();
if (program === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");
const namespaces = spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "true"]).status === 0;
if (!namespaces && process.env["CI"]) throw new Error("needs root and process namespaces (unshare --pid)");

const folder = mkdtempSync(join(tmpdir(), "disco-env-one-"));
const discoEnv = join(folder, "disco-env.mjs");
/** As the first process of a new pid namespace, as in a container. Node 22.15 and later becomes the shell by itself. */
const { execve } = process as { readonly execve?: unknown };
const reaper = execve === undefined ? ["env", `${reaperMark}=1`, "sh", "-c", reaperScript, "disco-env"] : [];
const inNamespace = ["--pid", "--fork", "--mount-proc", "--kill-child", ...reaper, process.execPath, discoEnv];

describe.skipIf(program === undefined || !namespaces)("disco-env as process 1", () => {
	let consul: DevAgent;
	const env = () => ({ CONSUL_HTTP_ADDR: consul.address, CONSUL_HTTP_TOKEN: "", "odd.name": "kept" });
	beforeAll(async () => {
		await bundleDiscoEnv(discoEnv);
		consul = await startDevAgent([program as string], "127.75.1.5");
	});
	afterAll(async () => {
		await consul?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	test("orphans that end are taken away; the child's words, variables and exit code are its own", async () => {
		const script = join(folder, "orphans.sh");
		// Both are adopted by process 1, since the shells that started them are gone; each tells when it is about to end.
		writeFileSync(
			script,
			`sh -c '(echo 1 >> ${folder}/ending) & exit 0'
			sh -c '(echo 2 >> ${folder}/ending) & exit 0'
			until [ "$(wc -l < ${folder}/ending 2>/dev/null)" = 2 ]; do sleep 0.05; done
			tries=0
			while zombies=$(grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l); [ "$zombies" != 0 ] && [ $tries -lt 100 ]; do
				tries=$((tries + 1)); sleep 0.05
			done
			echo "zombies=$zombies odd=$(tr '\\0' '\\n' < /proc/$$/environ | grep '^odd') mark=$(env | grep -c ${reaperMark}) words=$*"
			exit 7`,
		);
		const { exitCode, stdout } = await outcome(
			"unshare",
			[...inNamespace, "-prefix", "app", "sh", script, "a b", "$c"],
			{
				env: env(),
			},
		);
		expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: "zombies=0 odd=odd.name=kept mark=0 words=a b $c\n" });
	});

	test("signals reach the child, also more than one, and its exit code counts", async () => {
		const line = 'trap "echo usr1" USR1; trap "echo term; exit 9" TERM; echo ready; while :; do sleep 0.05; done';
		const running = background("unshare", [...inNamespace, "-prefix", "app", "sh", "-c", line], { env: env() });
		await eventually("ready", () => running.output().includes("ready"));
		// unshare itself is outside; its only child is process 1.
		const [first = 0] = childrenOf(running.child.pid ?? 0);
		for (const [signal, said] of [
			["SIGUSR1", "usr1\n"],
			["SIGUSR1", "usr1\nusr1\n"],
			["SIGTERM", "term"],
		] as const) {
			process.kill(first, signal);
			await eventually(`${signal}: ${running.output()}`, () => running.output().includes(said));
		}
		expect((await running.exited).code).toBe(9);
	});

	test("killed by SIGKILL, nothing is left: not the child, not what it started", async () => {
		const seconds = `${100_000 + process.pid}.5`;
		const line = `sleep ${seconds} & exec sleep ${seconds}`;
		const running = background("unshare", [...inNamespace, "-prefix", "app", "sh", "-c", line], { env: env() });
		await eventually("two processes", () => processesWith(`sleep\0${seconds}`).length === 2);
		const [own = 0] = processesWith(discoEnv)
			.filter((pid) => !processesWith("unshare\0").includes(pid))
			.slice(-1);
		process.kill(own, "SIGKILL");
		await running.exited;
		await eventually("nothing is left", () => processesWith(`sleep\0${seconds}`).length === 0);
	});
});

/** Processes whose words begin or go on with this. */
function processesWith(words: string): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.filter((pid) => {
			try {
				return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(words);
			} catch {
				return false;
			}
		})
		.map(Number);
}

function childrenOf(pid: number): number[] {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}
