/**
 * What disco-template holds up under, and how long it takes to start:
 *
 *   node --import tsx bench/template-limits.ts [loop|files|once ...]
 *
 * `loop`: how long the event loop is held while a text of 5 MB is rendered and written (must stay below 50 ms): from either
 * language, in a group, with limits, and refused by them.
 * `files`: 10,000 files of one template in one process, then one more change.
 * `once`: `-once` from start to end, disco-template against consul-template in turns, for one key and for 200 services.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatSpread, spread } from "./statistics.ts";
import {
	cpuMs,
	dist,
	end,
	inParallel,
	residentMb,
	type SourceAgent,
	startSource,
	tool,
	until,
} from "./template-agents.ts";

const folder = mkdtempSync(join(tmpdir(), "bench-template-"));
const all: Readonly<Record<string, (agent: SourceAgent) => Promise<void>>> = { loop, files, once };
const wanted = process.argv.slice(2);

const agent = await startSource("consul", "127.43.3.5");
try {
	for (const [name, run] of Object.entries(all)) if (wanted.length === 0 || wanted.includes(name)) await run(agent);
} finally {
	agent.close();
	rmSync(folder, { recursive: true, force: true });
}

function start(args: readonly string[], node: readonly string[] = []): ChildProcess {
	const words = [
		...node,
		`${dist}/disco-template.js`,
		"-consul-addr",
		`${agent.host}:8500`,
		"-log-level",
		"err",
		...args,
	];
	return spawn(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
}

/** The probe is loaded before the program and asks the loop every millisecond. */
async function loop({ client }: SourceAgent): Promise<void> {
	const probe = join(folder, "probe.mjs");
	writeFileSync(
		probe,
		`import { appendFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
const delay = monitorEventLoopDelay({ resolution: 1 });
let busyMs = 0;
let before = process.cpuUsage();
setInterval(() => {
	const { user, system } = process.cpuUsage(before);
	before = process.cpuUsage();
	busyMs = Math.max(busyMs, (user + system) / 1e3);
}, 1).unref();
setTimeout(() => delay.enable(), 1_000);
process.on("SIGUSR2", () => {
	appendFileSync(process.env["PROBE"], \`\${(delay.max / 1e6).toFixed(1)} \${busyMs.toFixed(1)}\\n\`);
	delay.reset();
	busyMs = 0;
});`,
	);
	process.env["PROBE"] = join(folder, "report");
	for (const [name, write] of Object.entries(largeFiles())) await holds(client, name, write, ["--import", probe]);
}

/** Configurations that write 5 MB to `out`: 50,000 lines that are other ones in each turn, since the outer variable is another. */
function largeFiles(): Readonly<Record<string, (out: string) => string>> {
	const goLines = `{{ $turn := key "turn" }}{{ range $i, $n := loop 500 }}{{ range loop 100 }}{{ $turn }} line {{ $i }} {{ . }} ${"x".repeat(80)}\n{{ end }}{{ end }}`;
	const handlebarsLines = `{{#with (key "turn") as |turn|}}{{#each (loop 0 500) as |i|}}{{#each (loop 0 100) as |j|}}{{turn}} line {{i}} {{j}} ${"x".repeat(80)}\n{{/each}}{{/each}}{{/with}}`;
	return {
		go: (out) => block(out, "large.ctmpl", goLines),
		handlebars: (out) => block(out, "large.hbs", handlebarsLines),
		group: (out) =>
			`group "g" { ${block(out, "large.ctmpl", goLines)} ${block(`${out}.2`, "small", '{{ key "turn" }}')} }`,
		limits: (out) =>
			block(out, "large.ctmpl", goLines, 'min_bytes = 1000 min_matches { pattern = "line 7" count = 20 }'),
		// Every second turn is refused, with an excerpt of the difference.
		refused: (out) => block(out, "large.ctmpl", goLines, 'min_matches { pattern = "^[02468] line" count = 40000 }'),
	};
}

function block(out: string, name: string, text: string, more = ""): string {
	const source = join(folder, name);
	writeFileSync(source, text);
	return `template { source = "${source}" destination = "${out}" ${more} }`;
}

async function holds(
	client: SourceAgent["client"],
	name: string,
	write: (out: string) => string,
	node: readonly string[],
): Promise<void> {
	const out = join(folder, `large-${name}`);
	const report = process.env["PROBE"] as string;
	const config = join(folder, `${name}.hcl`);
	rmSync(report, { force: true });
	writeFileSync(config, write(out));
	await client.kv.put("turn", "0");
	const child = start(["-config", config], node);
	const shows = (turn: number) =>
		until(`turn ${turn}`, () => existsSync(out) && readFileSync(out, "utf8").startsWith(`${turn} line`));
	await shows(0);
	await new Promise((resolve) => setTimeout(resolve, 2_000));
	for (let turn = 1; turn <= 8; turn++) {
		child.kill("SIGUSR2");
		await client.kv.put("turn", String(turn));
		if (name === "refused" && turn % 2 === 1) await new Promise((resolve) => setTimeout(resolve, 1_500));
		else await shows(turn);
		await new Promise((resolve) => setTimeout(resolve, 300));
	}
	child.kill("SIGUSR2");
	await until("the report", () => existsSync(report) && readFileSync(report, "utf8").split("\n").length > 9);
	const held: number[] = [];
	const busy: number[] = [];
	for (const line of readFileSync(report, "utf8").trim().split("\n").slice(1)) {
		const [wholeMs = 0, workMs = 0] = line.split(" ").map(Number);
		held.push(wholeMs);
		busy.push(workMs);
	}
	await end(child);
	process.stdout.write(
		`loop: ${name}: ${(statSync(out).size / 1e6).toFixed(1)} MB, longest hold of the event loop ${formatSpread(spread(held), " ms")}, of it at work ${formatSpread(spread(busy), " ms")}\n`,
	);
}

async function files({ client }: SourceAgent): Promise<void> {
	const count = 10_000;
	const names = Array.from({ length: count }, (_, each) => `site-${each}`);
	await client.kv.put("sites", JSON.stringify(names));
	const config = join(folder, "files.hcl");
	const source = join(folder, "site.ctmpl");
	writeFileSync(source, 'server_name {{ . }}; # {{ key "turn" }}\n');
	writeFileSync(
		config,
		`template { source = "${source}" destination = "${folder}/sites/{{ . }}.conf" for_each = "key \\"sites\\" | parseJSON" prune = true }`,
	);
	await client.kv.put("turn", "first");
	const beganMs = performance.now();
	const child = start(["-config", config]);
	const written = () =>
		(existsSync(`${folder}/sites`) ? readdirSync(`${folder}/sites`) : []).filter((name) => name.endsWith(".conf"));
	await until("all files", () => written().length === count);
	const firstMs = performance.now() - beganMs;
	const cpuBefore = cpuMs(child);
	const changeMs = performance.now();
	await client.kv.put("sites", JSON.stringify([...names.slice(1), "site-new"]));
	await until(
		"the change",
		() => existsSync(`${folder}/sites/site-new.conf`) && !existsSync(`${folder}/sites/site-0.conf`),
	);
	process.stdout.write(
		`files: ${count} files in one process: all after ${(firstMs / 1000).toFixed(1)} s, one added and one removed after ` +
			`${Math.round(performance.now() - changeMs)} ms (CPU ${Math.round(cpuMs(child) - cpuBefore)} ms), resident ${Math.round(residentMb(child))} MB\n`,
	);
	await end(child);
}

async function once({ client }: SourceAgent): Promise<void> {
	await inParallel(200, 32, (each) =>
		client.catalog.register({
			Node: `n${each % 10}`,
			Address: `10.0.0.${each % 10}`,
			Service: { ID: `s${each}`, Service: `s${each}`, Port: 80 },
		}),
	);
	await client.kv.put("turn", "1");
	const programs = [
		["consul-template", tool("consul-template"), []],
		["disco-template", process.execPath, [`${dist}/disco-template.js`]],
		["node alone", process.execPath, ["-e", "0", "--"]],
	] as const;
	for (const [what, text] of [
		["one key", '{{ key "turn" }}'],
		["200 services", "{{ range services }}{{ range service .Name }}{{ .ID }}\n{{ end }}{{ end }}"],
	] as const) {
		const source = join(folder, "once.ctmpl");
		writeFileSync(source, text);
		const times = new Map<string, number[]>(programs.map(([name]) => [name, []]));
		for (let turn = 0; turn < 11; turn++) {
			for (const [name, program, words] of programs) {
				const args = [
					...words,
					"-once",
					"-consul-addr",
					`${agent.host}:8500`,
					"-template",
					`${source}:${join(folder, "once")}`,
				];
				rmSync(join(folder, "once"), { force: true });
				const beganMs = performance.now();
				const child = spawn(program, args, { stdio: "ignore" });
				await new Promise((resolve) => child.once("close", resolve));
				times.get(name)?.push(performance.now() - beganMs);
			}
		}
		const parts = [...times].map(([name, values]) => `${name} ${formatSpread(spread(values), " ms")}`);
		process.stdout.write(`once: ${what}: ${parts.join("; ")}\n`);
	}
}
