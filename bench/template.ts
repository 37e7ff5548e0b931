/**
 * disco-template against consul-template, each in front of an agent of its own with the same data, in turns: from one changed
 * instance to the replaced file, and the processor time of it; with 1,000 services of 10 instances. Once with the real Consul
 * as agent, once with disco.
 *
 *   node --import tsx bench/template.ts [consul|disco [SERVICES [INSTANCES [CHANGES]]]]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatSpread, spread } from "./statistics.ts";
import {
	cpuMs,
	dist,
	end,
	inParallel,
	quiet,
	residentMb,
	type SourceAgent,
	startSource,
	tool,
	until,
} from "./template-agents.ts";

const wanted = process.argv[2] ?? "";
const [services = 1_000, instances = 10, changes = 9] = process.argv.slice(3).map(Number);
const kinds = (["consul", "disco"] as const).filter((kind) => wanted === "" || wanted === kind);

const template = `{{ range services }}{{ range service .Name }}server {{ .Node }}-{{ .ID }} {{ .Address }}:{{ .Port }}
{{ end }}{{ end }}`;

const programs = [
	{ name: "consul-template", program: tool("consul-template"), words: [] },
	{ name: "disco-template", program: process.execPath, words: [`${dist}/disco-template.js`] },
] as const;

/** One of the programs at work. */
interface Side {
	readonly name: string;
	readonly agent: SourceAgent;
	readonly child: ChildProcess;
	readonly out: string;
	readonly firstMs: number;
	readonly firstCpuMs: number;
	readonly changeMs: number[];
	readonly changeCpuMs: number[];
}

const folder = mkdtempSync(join(tmpdir(), "bench-template-"));
const source = join(folder, "t.ctmpl");
writeFileSync(source, template);
try {
	for (const kind of kinds) await compare(kind);
} finally {
	rmSync(folder, { recursive: true, force: true });
}

async function compare(kind: "consul" | "disco"): Promise<void> {
	const open: (() => unknown)[] = [];
	try {
		const sides: Side[] = [];
		for (const [position, { name, program, words }] of programs.entries()) {
			const agent = await startSource(kind, `127.43.3.${position + 1}`);
			open.push(agent.close);
			await inParallel(services * instances, 64, (each) =>
				register(agent, Math.floor(each / instances), each % instances, 1_000),
			);
			const out = join(folder, `${kind}-${name}.out`);
			const beganMs = performance.now();
			const args = [
				...words,
				"-consul-addr",
				`${agent.host}:8500`,
				"-template",
				`${source}:${out}`,
				"-log-level",
				"err",
			];
			const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
			open.push(() => end(child));
			// The agent's own service `consul` has a line, too.
			const lines = services * instances;
			await until(
				`${name}: the first file`,
				() => existsSync(out) && readFileSync(out, "utf8").split("\n").length > lines,
			);
			const firstMs = performance.now() - beganMs;
			await quiet(child);
			sides.push({ name, agent, child, out, firstMs, firstCpuMs: cpuMs(child), changeMs: [], changeCpuMs: [] });
		}
		for (let turn = 0; turn < changes; turn++) for (const side of sides) await change(side, turn);
		process.stdout.write(
			`agent ${kind}, ${services} services x ${instances} instances, ${changes} changes; median (min-max)\n`,
		);
		for (const { name, firstMs, firstCpuMs, changeMs, changeCpuMs, child } of sides) {
			const parts = [
				`first file ${Math.round(firstMs)} ms (CPU until calm ${Math.round(firstCpuMs)} ms)`,
				`change -> file ${formatSpread(spread(changeMs), " ms")}`,
				`CPU per change ${formatSpread(spread(changeCpuMs), " ms")}, mean ${(changeCpuMs.reduce((a, b) => a + b, 0) / changes).toFixed(1)}`,
				`resident ${Math.round(residentMb(child))} MB`,
			];
			process.stdout.write(`  ${name.padEnd(16)} ${parts.join("; ")}\n`);
		}
	} finally {
		for (const close of open.reverse()) await close();
	}
}

async function change({ name, agent, child, out, changeMs, changeCpuMs }: Side, turn: number): Promise<void> {
	await quiet(child);
	const port = 2_000 + turn;
	const cpuBefore = cpuMs(child);
	const written = statSync(out).ino;
	const startMs = performance.now();
	await register(agent, turn * 7, 3, port);
	await until(`${name}: change ${turn}`, () => statSync(out).ino !== written);
	changeMs.push(performance.now() - startMs);
	if (!readFileSync(out, "utf8").includes(`10.0.3.1:${port}`)) throw new Error(`${name}: the file lacks the change`);
	await quiet(child);
	changeCpuMs.push(cpuMs(child) - cpuBefore);
}

function register({ client }: SourceAgent, service: number, instance: number, port: number) {
	return client.catalog.register({
		Node: `n${instance}`,
		Address: `10.0.${instance}.1`,
		Service: { ID: `s${service}`, Service: `s${service}`, Port: port },
	});
}
