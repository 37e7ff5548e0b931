import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consulAt, type DevAgent } from "../support/dev-agents.ts";
import { eventually } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

/** Check, swap, verify, roll back: what reaches the destination, and what a kill leaves there. */
const start = consulAt("127.43.0.1");
const { path, file, content, shows, run, daemon } = useFolder();

describe.skipIf(start === undefined)("check, swap, verify, roll back", () => {
	let agent: DevAgent;
	let at: readonly string[];
	beforeAll(async () => {
		agent = await (start as () => Promise<DevAgent>)();
		at = ["-consul-addr", agent.address];
	});
	afterAll(() => agent.stop());
	const put = (value: string) => agent.client.kv.put("publish/value", value);
	const config = (more: string) =>
		file("c.hcl", `template { contents = "{{ key \\"publish/value\\" }}\\n" destination = "${path("out")}" ${more} }`);

	test("a refused file never reaches the destination; the next good one does", async () => {
		await put("good 1");
		file("t", '{{ key "publish/value" }}\n');
		const started = daemon(
			...[...at, "-template", `${path("t")}:${path("out")}:echo ran >> ${path("ran")}`],
			...["-check", "grep good {{.Src}} || { echo 'no good' >&2; exit 4; }"],
		);
		await shows("out", "good 1\n");
		await put("bad");
		const said = [
			"  -good 1\n",
			"  +bad\n",
			`${path("out")}: check: command`,
			"non-zero status 4: no good; the file is not replaced",
		];
		for (const text of said) await eventually(text, () => started.output().includes(text));
		expect(content("out")).toBe("good 1\n");
		await put("good 2");
		await shows("out", "good 2\n");
		await shows("ran", "ran\nran\n");
		expect(readdirSync(path(".")).sort()).toEqual(["out", "ran", "t"]);
	});

	test.each([
		["min_bytes = 100", "has 2 bytes, min_bytes is 100"],
		['min_matches { pattern = "^server " count = 2 }', '"^server " matches 0 times, min_matches is 2'],
		['check = ["grep", "-q", "good", "{{ .Src }}"]', "ended with the non-zero status 1; the file is not replaced"],
		['check = "sleep 60; true {{.Src}}" check_timeout = "100ms"', "did not end within its time limit of 100ms"],
	])("%s", async (limit, reason) => {
		await put("x");
		config(limit);
		file("out", "last good");
		const { exitCode, stderr } = await run(...at, "-once", "-config", path("c.hcl"));
		expect({ exitCode, out: content("out") }).toEqual({ exitCode: 14, out: "last good" });
		expect(stderr).toContain(reason);
	});

	test("a refused secret is not shown", async () => {
		await put("password");
		config('perms = "0600" min_bytes = 100');
		const { stderr } = await run(...at, "-once", "-config", path("c.hcl"));
		expect(stderr).toContain("min_bytes is 100");
		expect(stderr).not.toContain("password");
	});

	test.each([
		["verify", `command = "cat ${"OUT"} >> LOG; true" verify = "grep -q good OUT"`, "verify: command"],
		["the command", `command = "cat OUT >> LOG; grep -q good OUT" on_fail = "rollback"`, "status 1"],
	])("a failing %s brings the former file back and runs the command again", async (_what, more, reason) => {
		await put("good 1");
		config(more.replaceAll("OUT", path("out")).replaceAll("LOG", path("log")));
		const started = daemon(...at, "-config", path("c.hcl"));
		await shows("log", "good 1\n");
		await put("bad");
		await shows("log", "good 1\nbad\ngood 1\n");
		await shows("out", "good 1\n");
		expect(started.output()).toContain(reason);
		expect(started.output()).toContain("the former file is back");
		await put("good 2");
		await shows("log", "good 1\nbad\ngood 1\ngood 2\n");
		expect(content("out")).toBe("good 2\n");
	});

	test("a file that never worked is removed, and -once says so", async () => {
		await put("bad");
		config(`verify = "grep -q good ${path("out")}"`);
		expect(await run(...at, "-once", "-config", path("c.hcl"))).toMatchObject({ exitCode: 14 });
		expect(content("out")).toBeUndefined();
	});

	const large = "x".repeat(300_000);
	test.each([
		["while the new file is written", "", "old"],
		["in the check", 'check = "kill -9 $PPID; true {{.Src}}"', "old"],
		["after the swap, in the command", 'command = "kill -9 $PPID; true"', "new"],
		["in verify", 'verify = "kill -9 $PPID; true"', "new"],
		[
			"in the command after a roll-back",
			'command = "test -e MARK && kill -9 $PPID; touch MARK; false" on_fail = "rollback"',
			"old",
		],
	])("kill -9 %s leaves a whole file", async (when, more, wanted) => {
		await put(large);
		config(more.replaceAll("MARK", path("mark")));
		file("out", "old");
		const started = daemon(...at, "-config", path("c.hcl"));
		if (more === "") {
			await eventually("a temporary file or the new one", () => {
				const names = readdirSync(path("."));
				if (!names.some((name) => name.endsWith(".tmp")) && content("out") === "old") return false;
				return started.child.kill("SIGKILL");
			});
		}
		expect((await started.exited).signal).toBe("SIGKILL");
		const left = content("out") === "old" ? "old" : content("out") === `${large}\n` ? "new" : "broken";
		if (more === "") expect(["old", "new"], when).toContain(left);
		else expect(left).toBe(wanted);
		// The next start finds its way.
		config("");
		expect(await run(...at, "-once", "-config", path("c.hcl"))).toMatchObject({ exitCode: 0 });
		expect(content("out")).toBe(`${large}\n`);
		expect(readdirSync(path(".")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
	});

	test("-no-commands writes and checks, and runs nothing else", async () => {
		await put("good");
		config(
			`command = "touch ${path("ran")}" verify = "touch ${path("verified")}" check = "touch ${path("checked")} {{.Src}}"`,
		);
		const { exitCode } = await run(...at, "-once", "-no-commands", "-config", path("c.hcl"));
		expect(exitCode).toBe(0);
		expect([content("out"), content("checked"), content("ran"), content("verified")]).toEqual([
			"good\n",
			"",
			undefined,
			undefined,
		]);
	});

	test("temporary files of other programs and of living ones stay", async () => {
		const dead = "ffffffff";
		const alive = process.pid.toString(16).padStart(8, "0");
		const names = [
			`.out.${alive}0123456789ab.tmp`,
			`.other.${dead}0123456789ab.tmp`,
			".out.0123456789ab.tmp",
			".out.tmp",
		];
		for (const name of [...names, `.out.${dead}0123456789ab.tmp`]) file(name, "x");
		await put("new");
		config("");
		expect(await run(...at, "-once", "-config", path("c.hcl"))).toMatchObject({ exitCode: 0 });
		expect(
			readdirSync(path("."))
				.filter((name) => name.endsWith(".tmp"))
				.sort(),
		).toEqual(names.sort());
	});
});
