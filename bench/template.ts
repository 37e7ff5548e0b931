import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../client/index.ts";
import { toolsFolder } from "./agents.ts";
import { formatSpread, spread } from "./statistics.ts";

/**
 * disco-template against consul-template, one after the other in front of the same Consul: from one changed instance to the
 * replaced file, and the processor time of it; with 1,000 services of 10 instances.
 *
 *   node --import tsx bench/template.ts [SERVICES [INSTANCES [CHANGES]]]
 */
const [services = 1_000, instances = 10, changes = 9] = process.argv.slice(2).map(Number);
const host = "127.43.3.1";
/** Ticks of `/proc/PID/stat` a second, the same on every Linux. */
const ticksPerSecond = 100;
const longestMs = 120_000;

const template = `{{ range services }}{{ range service .Name }}server {{ .Node }}-{{ .ID }} {{ .Address }}:{{ .Port }}
{{ end }}{{ end }}`;

const folder = mkdtempSync(join(tmpdir(), "bench-template-"));
// A watch per service at once: the default limit of 200 connections would starve both.
const consul = spawn(
	existsSync(join(toolsFolder, "consul")) ? join(toolsFolder, "consul") : "consul",
	[
		...["agent", "-dev", "-bind", host, "-client", host, "-log-level", "error"],
		...["-hcl", "limits { http_max_conns_per_client = 5000 }"],
	],
	{ stdio: "ignore" },
);
const client = createClient({ address: `${host}:8500` });
const register = (service: number, instance: number, port: number) =>
	client.catalog.register({
		Node: `n${instance}`,
		Address: `10.0.${instance}.1`,
		Service: { ID: `s${service}`, Service: `s${service}`, Port: port },
	});

try {
	await until("a leader", () =>
		client.status.leader().then(
			(leader) => leader !== "",
			() => false,
		),
	);
	await inParallel(services * instances, 64, (each) => register(Math.floor(each / instances), each % instances, 1_000));
	const source = join(folder, "t.ctmpl");
	writeFileSync(source, template);
	const consulTemplate = join(toolsFolder, "consul-template");
	const rows = [];
	for (const [name, program, words] of [
		["consul-template", existsSync(consulTemplate) ? consulTemplate : "consul-template", []],
		["disco-template", process.execPath, ["dist/disco-template.js"]],
	] as const) {
		rows.push({ name, ...(await measure(name, program, words, source)) });
	}
	process.stdout.write(`${services} services x ${instances} instances, ${changes} changes; median (min-max)\n`);
	for (const { name, firstMs, firstCpuMs, changeMs, changeCpuMs, residentMb } of rows) {
		const parts = [
			`first file ${Math.round(firstMs)} ms (CPU ${Math.round(firstCpuMs)} ms)`,
			`change -> file ${formatSpread(spread(changeMs), " ms")}`,
			`CPU per change ${formatSpread(spread(changeCpuMs), " ms")}`,
			`resident ${Math.round(residentMb)} MB`,
		];
		process.stdout.write(`${name.padEnd(16)} ${parts.join("; ")}\n`);
	}
} finally {
	client.close();
	consul.kill("SIGKILL");
	rmSync(folder, { recursive: true, force: true });
}

async function measure(name: string, program: string, words: readonly string[], source: string) {
	const out = join(folder, `${name}.out`);
	const lines = services * instances;
	const beganMs = performance.now();
	const args = [...words, "-consul-addr", `${host}:8500`, "-template", `${source}:${out}`, "-log-level", "err"];
	const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
	try {
		// The agent's own service `consul` has a line, too.
		await until(
			`${name}: the first file`,
			() => existsSync(out) && readFileSync(out, "utf8").split("\n").length > lines,
		);
		const firstMs = performance.now() - beganMs;
		const firstCpuMs = cpuMs(child);
		const changeMs: number[] = [];
		const changeCpuMs: number[] = [];
		for (let change = 0; change < changes; change++) {
			await quiet(child);
			const port = 2_000 + change + (name === "disco-template" ? 500 : 0);
			const cpuBefore = cpuMs(child);
			const written = statSync(out).ino;
			const startMs = performance.now();
			await register(change * 7, 3, port);
			await until(`${name}: change ${change}`, () => statSync(out).ino !== written);
			changeMs.push(performance.now() - startMs);
			if (!readFileSync(out, "utf8").includes(`10.0.3.1:${port}`))
				throw new Error(`${name}: the file lacks the change`);
			await quiet(child);
			changeCpuMs.push(cpuMs(child) - cpuBefore);
		}
		const pages = Number(readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1]);
		return { firstMs, firstCpuMs, changeMs, changeCpuMs, residentMb: (pages * 4_096) / 1e6 };
	} finally {
		child.kill("SIGINT");
		await new Promise((resolve) => child.once("close", resolve));
	}
}

function cpuMs(child: ChildProcess): number {
	const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
		.replace(/^.*\) /s, "")
		.split(" ");
	return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
}

/** Until the program has used no processor time for half a second. */
async function quiet(child: ChildProcess): Promise<void> {
	for (let before = -1, now = cpuMs(child); before !== now; ) {
		before = now;
		await new Promise((resolve) => setTimeout(resolve, 500));
		now = cpuMs(child);
		if (now - before <= 10) return;
	}
}

async function until(what: string, seen: () => boolean | Promise<boolean>): Promise<void> {
	const endMs = performance.now() + longestMs;
	while (!(await seen())) {
		if (performance.now() > endMs) throw new Error(`not seen within ${longestMs} ms: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

async function inParallel(count: number, atOnce: number, run: (each: number) => Promise<unknown>): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < count) await run(next++);
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
}
