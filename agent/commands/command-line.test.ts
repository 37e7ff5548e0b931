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
		[["completion", "tcsh"], 1, "", /"tcsh" is not bash, zsh or fish/],
		[["catalog", "nodes", "-format=xml"], 1, "", /"xml" is not pretty or json/],
		[["watch", "-type=frob"], 1, "", /"frob" is not key/],
		[["lock", "a"], 1, "", /give a PREFIX and the COMMAND/],
		[["lock", "-n=0", "a", "b"], 1, "", /-n: 0 is below 1/],
		[["event"], 1, "", /-name is missing/],
		[["event", "-name=x", "-node=(("], 1, "", /"\(\(" is not a regular expression/],
		[["event", "-name=x", "-tag=v"], 1, "", /-tag needs -service/],
		[["exec"], 1, "", /the COMMAND/],
		[["join"], 1, "", /the ADDRESS/],
		[["keyring"], 1, "", /exactly one of -install/],
		[["keyring", "-list", "-relay-factor=6"], 1, "", /-relay-factor: 6 is not 0 to 5/],
		[["monitor", "-log-level=frob"], 1, "", /"frob" is not one of trace/],
		[["operator", "raft", "remove-peer"], 1, "", /exactly one of -address and -id/],
		[["reachability", "x"], 1, "", /options only/],
		[["reachability", "-timeout=soon"], 1, "", /-timeout: "soon"/],
		[["reachability", "-h"], 0, /-verbose/, /^$/],
		[["rtt"], 1, "", /one or two NODEs/],
		[["snapshot", "inspect", "/nonexistent"], 1, "", /\/nonexistent cannot be read/],
		[["tls", "cert", "create"], 1, "", /exactly one of -server, -client and -cli/],
		[["kv", "mv", "-recurse", "a/", "a/b/"], 1, "", /moved into themselves/],
		[["kv", "cp", "a", "a"], 1, "", /are both a/],
		[["dev", "-bind=here"], 1, "", /-bind: "here" is not an IP address/],
	])("%j ends with %d", async (args, exitCode, stdout, stderr) => {
		const outcome = await run(args);
		expect(outcome.exitCode).toBe(exitCode);
		expect(outcome.stdout).toMatch(stdout);
		expect(outcome.stderr).toMatch(stderr);
		if (exitCode === 1 && args.length > 1 && args[1] !== "frob")
			expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
	});

	it.each([
		[["complete", "--", "ope"], "operator\n"],
		[["complete", "--", "operator", "raft", ""], "list-peers\nremove-peer\ntransfer-leader\n"],
		[["complete", "--", "rea"], "reachability\n"],
		[["complete", "--", "reachability", "-ver"], "-verbose\n"],
		[["complete", "--", "kv", "get", "-rec"], "-recurse\n"],
		[["complete", "--", "kv", "get", "--rec"], "-recurse\n"],
		[["complete", "--", "kv", "get", "-recurse", ""], ""],
		[["complete", "--", "frob", ""], ""],
		[["complete", "--", "agent", "-data"], "-data-dir\n-datacenter\n"],
	])("%j", async (args, stdout) => {
		expect(await run(args)).toEqual({ exitCode: 0, stdout, stderr: "" });
	});

	it.each(["bash", "zsh", "fish"])("completion for %s", async (shell) => {
		expect((await run(["completion", shell])).stdout).toContain("disco");
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
