import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startChild } from "./child.ts";
import { startGuard } from "./guard.ts";
import { routedServices } from "./proxy.ts";

const folder = () => join(mkdtempSync(join(tmpdir(), "disco-dev-")), ".disco");

/** Empty when there is no such process; `Z` for one that has ended. */
function state(pid: number): string {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[0] ?? "";
	} catch {
		return "";
	}
}

describe("children of disco dev", () => {
	it("end even when they ignore SIGTERM, with what they started", async () => {
		const guard = startGuard([folder()]);
		const lines: string[] = [];
		const child = startChild({
			command: "/bin/sh",
			args: ["-c", "trap '' TERM; sleep 60 & echo $!; while true; do sleep 1; done"],
			guard,
			onLine: (line) => void lines.push(line),
		});
		await expect.poll(() => lines.length).toBe(1);
		await child?.stop();
		expect(await child?.ended).toBe("signal SIGKILL");
		await expect.poll(() => state(Number(lines[0]))).toMatch(/^[ZX]?$/);
		await guard.close();
	}, 15_000);

	it("are reported when they cannot be started", () => {
		const guard = startGuard([folder()]);
		const lines: string[] = [];
		const options = { command: "/nonexistent", args: [], guard, onLine: (line: string) => void lines.push(line) };
		expect(startChild(options)).toBeUndefined();
		return expect
			.poll(() => lines.join())
			.toContain("ENOENT")
			.then(() => guard.close());
	});
});

describe("guard", () => {
	it("ends what it was told of and removes the files when its pipe ends", async () => {
		const path = folder();
		mkdirSync(path);
		for (const name of ["haproxy.cfg", "pid"]) writeFileSync(join(path, name), "x");
		const guard = startGuard([path]);
		const [one, two, kept] = [0, 1, 2].map(() => spawn("sleep", ["60"], { detached: true, stdio: "ignore" }));
		const pids = [one, two, kept].map((child) => child?.pid ?? 0);
		for (const pid of pids) guard.watch(pid);
		guard.unwatch(pids[2] ?? 0);
		await guard.close();
		await expect.poll(() => pids.map(state).slice(0, 2).join("")).toMatch(/^[ZX]*$/);
		expect(state(pids[2] ?? 0)).not.toMatch(/^[ZX]?$/);
		expect(existsSync(path)).toBe(false);
		kept?.kill("SIGKILL");
	}, 15_000);
});

it("finds the services that the rendered file routes", () => {
	const config =
		"frontend http\n\tuse_backend api_backend if host_api\nbackend unknown_host\nbackend api_backend\n\tserver a 1:2\nbackend a.b_backend\n";
	expect(routedServices(config)).toEqual(["api", "a.b"]);
});
