import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probes } from "../../agent/checks/index.ts";
import { eventually, succeed } from "../support/programs.ts";

// scripts/test.mjs starts a private engine and runs this project inside its network namespace, with DOCKER_HOST set.
const signal = new AbortController().signal;

function probe(
	containerId: string,
	args?: readonly string[],
	change: { timeoutMs?: number; outputSizeBytesMax?: number } = {},
) {
	return probes["docker"]?.(
		{
			content: { checkId: "c", status: "critical" },
			kind: "docker",
			intervalMs: 1_000,
			timeoutMs: 10_000,
			ttlMs: 0,
			successBeforePassing: 0,
			failuresBeforeWarning: 0,
			failuresBeforeCritical: 0,
			outputSizeBytesMax: 0,
			docker: { containerId },
			...(args === undefined ? {} : { args }),
			...change,
		},
		signal,
	);
}

const shell = (script: string) => ["sh", "-c", script];

describe("docker check", () => {
	let container = "";
	beforeAll(async () => {
		container = (await succeed("docker", ["run", "-d", "busybox:static", "sleep", "100000"])).trim();
	});
	afterAll(() => succeed("docker", ["rm", "-f", container]));

	// Recorded with the real Consul 1.14.4 on the same engine: standard output only, exit codes as those of scripts.
	it.each([
		["echo out; echo err >&2; exit 0", "passing", "out\n"],
		["echo out; exit 1", "warning", "out\n"],
		["echo bad; exit 2", "critical", "bad\n"],
	])("%s", async (script, status, output) => {
		expect(await probe(container, shell(script))).toEqual({ status, output });
	});

	it("shows the end of a long output and how much there was", async () => {
		const outcome = await probe(container, shell("i=0; while [ $i -lt 3000 ]; do echo line$i; i=$((i+1)); done"));
		expect(outcome?.status).toBe("passing");
		expect(outcome?.output).toMatch(/^Captured 4096 of 25890 bytes\n\.\.\.\n[\s\S]*line2999\n$/);
	});

	it("is critical for a command that hangs or is not there, and for a container that is not there", async () => {
		expect(await probe(container, shell("sleep 1000"), { timeoutMs: 300 })).toEqual({
			status: "critical",
			output: "Timed out (300ms) running check",
		});
		expect(await probe(container, ["/bin/nosuch"])).toMatchObject({
			status: "critical",
			output: expect.stringContaining("/bin/nosuch: no such file or directory"),
		});
		expect(await probe("nosuchcontainer", ["true"])).toEqual({
			status: "critical",
			output: "create exec failed for unknown container nosuchcontainer",
		});
	});

	it("without a command is the container's own health", async () => {
		expect((await probe(container))?.output).toContain("has no HEALTHCHECK");
		const options = ["--health-cmd", "cat /tmp/well", "--health-interval", "200ms", "--health-retries", "1"];
		const checked = (await succeed("docker", ["run", "-d", ...options, "busybox:static", "sleep", "100000"])).trim();
		const until = (status: string) =>
			eventually(status, async () => {
				const outcome = await probe(checked);
				return outcome?.status === status ? outcome : undefined;
			});
		try {
			expect((await until("critical")).output).toMatch(/^unhealthy: .*\/tmp\/well/);
			await succeed("docker", ["exec", checked, "sh", "-c", "echo fine > /tmp/well"]);
			expect((await until("passing")).output).toBe("healthy: fine");
			await succeed("docker", ["kill", checked]);
			expect((await until("critical")).output).toContain("not running");
		} finally {
			await succeed("docker", ["rm", "-f", checked]);
		}
	});
});
