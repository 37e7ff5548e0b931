import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { consulAt, consulProgram, type DevAgent, discoWords, installed, startDevAgent } from "../support/dev-agents.ts";
import { outcome } from "../support/programs.ts";
import { consulCommandRows } from "./consul-command.ts";
import { consulTemplateRows } from "./consul-template.ts";
import { curlRows, elsewhere } from "./foreign.ts";
import { onConsulRows } from "./on-consul.ts";
import { type Elsewhere, type Outcome, type Row, table, type World } from "./row.ts";

// The drop-in matrix: each program of ours with the reference's counterparts, and programs of others. docs/compatibility.md holds
// the table; it must say what came out here. DISCO_MATRIX=write writes it (npm run matrix).

const rows: readonly Row[] = [...consulCommandRows, ...consulTemplateRows, ...onConsulRows, ...curlRows];
const document = "docs/compatibility.md";
const marker = "<!-- The table is written by test/matrix (npm run matrix). -->";
const outcomes = new Map<Row | Elsewhere, Outcome>();

const missing = [
	...(consulProgram() === undefined ? ["consul"] : []),
	...["consul-template", "curl", "jq"].filter((program) => !installed(program)),
];
if (missing.length > 0 && process.env["CI"]) throw new Error(`${missing} missing: scripts/test-tools.sh installs it`);

/** Runs to its end; anything but 0 is an error with what was printed. */
async function command(agent: DevAgent, program: string, args: readonly string[]): Promise<string> {
	const env = { CONSUL_HTTP_ADDR: agent.address, CONSUL_HTTP_TOKEN: "", NO_COLOR: "1" };
	const { exitCode, stdout, stderr } = await outcome(program, args, { env });
	if (exitCode !== 0) throw new Error(`${args.join(" ")}: exit status ${exitCode}\n${stdout}${stderr}`);
	return stdout;
}

describe.skipIf(missing.length > 0)("drop-in matrix", () => {
	const root = mkdtempSync(join(tmpdir(), "disco-matrix-"));
	let world: World;
	const begun = new Map<Row, Promise<unknown>>();
	/** What came of a row: undefined, or why it failed. */
	const run = (row: Row): Promise<unknown> =>
		row.run(world).then(
			() => undefined,
			(thrown: unknown) => thrown ?? "nothing",
		);
	beforeAll(async () => {
		const [disco, consul] = await Promise.all([
			startDevAgent(discoWords, "127.75.2.1", ["-hcl", "disable_remote_exec = false"]),
			consulAt("127.75.2.2")?.(),
		]);
		if (consul === undefined) throw new Error("no consul");
		world = {
			disco,
			consul,
			consulCommand: (agent, ...args) => command(agent, consulProgram() as string, args),
			discoCommand: (agent, ...args) => command(agent, process.execPath, ["dist/disco.js", ...args]),
			folder: () => mkdtempSync(join(root, "row-")),
		};
		for (const row of rows) if (row.waits === true) begun.set(row, run(row));
	});
	afterAll(async () => {
		await Promise.all([world?.disco.stop(), world?.consul.stop()]);
		rmSync(root, { recursive: true, force: true });
	});

	test.each(rows.map((row) => [`${row.ours}, ${row.theirs}: ${row.what}`, row] as const))("%s", async (_, row) => {
		outcomes.set(row, "FAILS: it did not end");
		const error = await (begun.get(row) ?? run(row));
		begun.delete(row);
		if (row.differs === undefined) {
			outcomes.set(row, error === undefined ? "works" : "FAILS: see its test");
			if (error !== undefined) throw error;
		} else {
			outcomes.set(row, error === undefined ? "works" : `differs: ${row.differs}`);
			// A difference that is gone is told by the table.
			expect(error).toBeDefined();
		}
	});

	test.each(elsewhere.map((row) => [`${row.ours}, ${row.theirs}: ${row.what}`, row] as const))("%s", (_, row) => {
		outcomes.set(row, "FAILS: no such test");
		const text = readFileSync(row.file, "utf8");
		expect(text.replaceAll(/\(\s+"/g, '("').includes(`("${row.test}`), `${row.file} has "${row.test}"`).toBe(true);
		outcomes.set(row, "works");
	});

	test(`${document} says what came out`, () => {
		const all = [...rows, ...elsewhere].map((row) => ({ row, outcome: outcomes.get(row) ?? "FAILS: not run" }));
		const text = table(all);
		console.log(text);
		const before = existsSync(document) ? readFileSync(document, "utf8") : "";
		const [intro = "", , outro = ""] = before.split(marker);
		const written = `${intro}${marker}\n\n${text}\n\n${marker}${outro}`;
		if (process.env["DISCO_MATRIX"] === "write") writeFileSync(document, written);
		expect(before === written || process.env["DISCO_MATRIX"] === "write", "npm run matrix writes the table").toBe(true);
	});
});
