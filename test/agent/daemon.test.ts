import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { eventually, outcome } from "../support/programs.ts";
import { program, startAgent, temporaryFolder } from "./support.ts";

const host = "127.13.0.41";

it("reads its configuration again when a file changes, keeps the old one when the new one is bad, and has a PID file", async () => {
	const folder = temporaryFolder();
	const files = join(folder, "config");
	mkdirSync(files);
	const write = (text: string) => writeFileSync(join(files, "services.hcl"), text);
	write('service { name = "first" }');
	const pidFile = join(folder, "disco.pid");
	const agent = await startAgent(host, {
		args: [`-config-dir=${files}`, "-auto-reload-config", `-pid-file=${pidFile}`],
	});
	try {
		const names = async () => Object.keys(await agent.client.agent.services()).sort();
		expect(await names()).toEqual(["first"]);
		expect(readFileSync(pidFile, "utf8").trim()).toBe(String(agent.child.pid));
		write('service { name = "second" }');
		await eventually("the new service", async () => (await names()).join() === "second");
		write('service { nam = "third" }');
		await eventually("a refusal", () => Promise.resolve(/unknown key .?"nam/.test(agent.output())));
		expect(agent.output()).toContain(`${join(files, "services.hcl")}:1:`);
		expect(await names()).toEqual(["second"]);
	} finally {
		agent.client.close();
		agent.child.kill("SIGTERM");
		await agent.ended;
	}
	expect(existsSync(pidFile)).toBe(false);
});

it("writes its log to syslog, with priorities", async () => {
	const folder = temporaryFolder();
	// In the place of the system's: what it would get is kept.
	const got = join(folder, "got");
	writeFileSync(join(folder, "logger"), `#!/bin/sh\nexec cat > ${got}\n`);
	chmodSync(join(folder, "logger"), 0o755);
	const path = process.env["PATH"];
	process.env["PATH"] = `${folder}:${path}`;
	const agent = await startAgent("127.13.0.42", {
		args: ["-syslog", "-hcl", 'syslog_facility = "DAEMON" log_level = "info"'],
	}).finally(() => {
		process.env["PATH"] = path;
	});
	await eventually("a line", () => Promise.resolve(existsSync(got) && readFileSync(got, "utf8").includes("ready")));
	await agent.kill("SIGTERM");
	// Daemon is 3, info is 6.
	expect(readFileSync(got, "utf8")).toMatch(/^<30>.*\[INFO\].*ready/m);
});

it("gathers an archive for those who look into a fault", async () => {
	const folder = temporaryFolder();
	const agent = await startAgent("127.13.0.43");
	try {
		const output = join(folder, "fault");
		const args = ["debug", "-duration=1s", "-interval=500ms", "-output", output, "-http-addr", agent.httpAddress];
		expect(await outcome(process.execPath, [program, ...args])).toMatchObject({ exitCode: 0, stderr: "" });
		const list = execFileSync("tar", ["-tzf", `${output}.tar.gz`], { encoding: "utf8" });
		expect(list.trim().split("\n")).toEqual(expect.arrayContaining(["agent.json", "agent.log", "metrics/0000s.json"]));
		const self = execFileSync("tar", ["-xzOf", `${output}.tar.gz`, "agent.json"], { encoding: "utf8" });
		expect(JSON.parse(self)).toMatchObject({ Config: { NodeName: "n1" } });
	} finally {
		await agent.kill("SIGKILL");
	}
});
