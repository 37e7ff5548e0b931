import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Value } from "./environment.ts";
import { execution } from "./exec-arguments.ts";

/** The environment that a program really gets. */
function environmentOf(variables: ReadonlyMap<string, Value>, args: readonly string[] = []) {
	const script = 'process.stdout.write(require("fs").readFileSync("/proc/self/environ"))';
	const {
		file,
		args: all,
		env,
	} = execution(process.execPath, ["-e", script, ...args], variables, () => "/usr/bin/env");
	const { stdout, status } = spawnSync(file, all, { env });
	expect(status).toBe(0);
	const entries = stdout
		.toString("latin1")
		.split("\0")
		.filter((entry) => entry !== "" && !/^(?:PWD|OLDPWD|SHLVL|_)=/.test(entry));
	return new Map(
		entries.map((entry) => {
			const bytes = Buffer.from(entry, "latin1");
			return [bytes.subarray(0, bytes.indexOf("=")).toString(), bytes.subarray(bytes.indexOf("=") + 1)];
		}),
	);
}

test("text goes the direct way", () => {
	expect(execution("/bin/x", ["a b"], new Map([["k/1", "v"]]), () => "env")).toEqual({
		file: "/bin/x",
		args: ["a b"],
		env: { "k/1": "v" },
	});
});

test.runIf(process.platform === "linux")(
	"bytes that are no UTF-8 arrive as they are, with every other variable",
	() => {
		const bytes = Buffer.from([0xff, 0xfe, 0x27, 0x22, 0x5c, 0x25, 0x24, 0x0a, 0x0a]);
		const seen = environmentOf(
			new Map<string, Value>([
				["b", bytes],
				["db/host", "h é\n"],
				["a-b", "'"],
				["plain", "$x"],
			]),
		);
		expect(seen).toEqual(
			new Map([
				["b", bytes],
				["db/host", Buffer.from("h é\n")],
				["a-b", Buffer.from("'")],
				["plain", Buffer.from("$x")],
			]),
		);
	},
);

test.runIf(process.platform === "linux")("any bytes but NUL", () => {
	fc.assert(
		fc.property(fc.uint8Array({ min: 1, maxLength: 40 }), (bytes) => {
			const value = Buffer.from([0xff, ...bytes]);
			expect(environmentOf(new Map([["b", value]])).get("b")).toEqual(value);
		}),
		{ numRuns: 5 },
	);
});
