import { describe, expect, it } from "vitest";
import { columns, pairs } from "./columns.ts";
import { runCommandLine } from "./index.ts";

async function run(args: readonly string[], env: Record<string, string> = {}) {
	let stdout = "";
	let stderr = "";
	const exitCode = await runCommandLine(args, {
		stdout: (text) => {
			stdout += Buffer.from(text).toString();
		},
		stderr: (text) => {
			stderr += text;
		},
		stdin: async () => Buffer.alloc(0),
		env: { CONSUL_HTTP_ADDR: "127.13.0.1:1", ...env },
	});
	return { exitCode, stdout, stderr };
}

describe("command line", () => {
	it.each([
		[[], 127, "", /Usage: disco COMMAND/],
		[["frob"], 127, "", /unknown command "frob"/],
		[["toString"], 127, "", /unknown command "toString"/],
		[["--help"], 0, /Usage: disco COMMAND/, /^$/],
		[["version"], 0, /^disco v\d/, /^$/],
		[["--version"], 0, /^disco v\d/, /^$/],
		[["version", "-format=json"], 0, /^\{"Version"/, /^$/],
		[["kv"], 1, "", /Usage: disco kv COMMAND/],
		[["kv", "frob"], 1, "", /unknown command "disco kv frob"/],
		[["kv", "get", "-h"], 0, /-separator/, /^$/],
		[["kv", "get"], 1, "", /one KEY/],
		[["kv", "get", "a", "-detailed"], 1, "", /too many arguments: "-detailed"/],
		[["kv", "get", "-nope", "a"], 1, "", /unknown option -nope/],
		[["kv", "put", "-acquire", "a"], 1, "", /-session/],
		[["kv", "put", "-base64", "a", "***"], 1, "", /not base64; nothing was written/],
		[["kv", "put", "a", "@/nonexistent"], 1, "", /\/nonexistent cannot be read/],
		[["kv", "delete", "-cas", "a"], 1, "", /-modify-index above 0/],
		[["kv", "get", "a"], 1, "", /cannot reach the agent at http:\/\/127\.13\.0\.1:1/],
		[["services", "register"], 1, "", /nothing to register/],
		[["services", "register", "-name=x", "f.hcl"], 1, "", /not both/],
		[["members", "-status=(("], 1, "", /not a regular expression/],
		[["agent", "-frob"], 1, "", /unknown option -frob/],
		[["agent"], 1, "", /data_dir is missing/],
		[["validate"], 1, "", /nothing to check/],
		[["dev", "-bind=here"], 1, "", /-bind: "here" is not an IP address/],
	])("%j ends with %d", async (args, exitCode, stdout, stderr) => {
		const outcome = await run(args);
		expect(outcome.exitCode).toBe(exitCode);
		expect(outcome.stdout).toMatch(stdout);
		expect(outcome.stderr).toMatch(stderr);
		if (exitCode === 1 && args.length > 1 && args[1] !== "frob")
			expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
	});

	it("takes the second name of a variable before the first", async () => {
		const { stderr } = await run(["kv", "get", "a"], { DISCO_HTTP_ADDR: "127.13.0.1:2" });
		expect(stderr).toContain("127.13.0.1:2");
	});
});

it("columns are as wide as their widest cell, pairs are sorted", () => {
	expect(
		columns([
			["Node", "ID"],
			["n", "123456"],
			["longer", ""],
		]),
	).toBe("Node    ID\nn       123456\nlonger\n");
	expect(pairs({ b: "2", a: "1" })).toBe("a=1, b=2");
	expect(pairs(null)).toBe("");
});
