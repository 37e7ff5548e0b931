/**
 * Servers that come and go behind HAProxy under load: through the Runtime API (servers added and removed, and slots), and through
 * reloads, as any template with a command does it. 500 requests a second, half over connections that are kept, half over new ones;
 * nothing is tried again. Told are reloads, failed requests, and the time from the registration to the change in HAProxy.
 *
 *   node --import tsx bench/load-balancing.ts [EVENTS [disco|consul]]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Balancer, createBalancer, startUpstreams, type Upstreams } from "../test/support/balancer.ts";
import { startLoad } from "../test/support/load.ts";
import { spread } from "./statistics.ts";
import { cpuMs, dist, end, type SourceAgent, startSource, until } from "./template-agents.ts";

const events = Number(process.argv[2] ?? 1_000);
const kind = process.argv[3] === "consul" ? "consul" : "disco";
const requestsPerSecond = 500;
/** Between the end of an event and the next. */
const pauseMs = 60;
const host = "127.72.8.4";
const bind = "127.72.8.3:8080";

const plainServers = `{{ range service "api" }}	server {{ .ID }} {{ .Address }}:{{ .Port }} check inter 2s
{{ end }}`;
const ways = [
	{ name: "added and removed", block: 'mode = "dynamic"' },
	{ name: "slots", block: 'mode = "slots" slots = 12' },
	{ name: "reloads", block: undefined },
] as const;

const folder = mkdtempSync(join(tmpdir(), "bench-load-balancing-"));
const agent = await startSource(kind, "127.72.8.2");
const upstreams = await startUpstreams(host, 10);
console.log(`${events} events each, ${requestsPerSecond} requests/s, agent ${kind}`);
console.log("way                reloads  requests  failed  applied ms: median  90%  99%  most  processor ms per event");
try {
	for (const way of ways) await measure(way);
} finally {
	agent.close();
	await upstreams.close();
	rmSync(folder, { recursive: true, force: true });
}

async function measure({ name, block }: (typeof ways)[number]): Promise<void> {
	const there = new Set(upstreams.ports.slice(0, 5));
	await registerAll(agent, upstreams, there);
	const balancer = createBalancer(mkdtempSync(join(folder, "way-")), bind);
	const renderer = startRenderer(balancer, block);
	try {
		await until("the file and its command", () => balancer.reloads() === 1);
		await balancer.start();
		await until("the first servers", async () => (await balancer.ready())?.length === 5);
		const load = startLoad({ address: bind, host: "api", requestsPerSecond });
		const reloads = balancer.reloads();
		const appliedMs: number[] = [];
		const cpuBeforeMs = cpuMs(renderer);
		for (let event = 0; event < events; event++) {
			await new Promise((resolve) => setTimeout(resolve, pauseMs));
			const beganMs = performance.now();
			await change(agent, upstreams, there, event);
			const wanted = [...there]
				.map((port) => `${host}:${port}`)
				.sort()
				.join();
			await until(`event ${event}`, async () => (await balancer.ready())?.join() === wanted);
			appliedMs.push(performance.now() - beganMs);
		}
		const perEventMs = (cpuMs(renderer) - cpuBeforeMs) / events;
		const { answered, failed, failures } = await load.stop();
		const ascending = [...appliedMs].sort((a, b) => a - b);
		const at = (share: number) => (ascending[Math.floor((ascending.length - 1) * share)] ?? 0).toFixed(1);
		console.log(
			[
				name.padEnd(18),
				String(balancer.reloads() - reloads).padStart(7),
				String(answered + failed).padStart(9),
				String(failed).padStart(7),
				spread(appliedMs).median.toFixed(1).padStart(19),
				at(0.9).padStart(5),
				at(0.99).padStart(5),
				at(1).padStart(5),
				perEventMs.toFixed(1).padStart(23),
			].join(" "),
			failed > 0 ? failures : "",
		);
	} finally {
		await end(renderer);
		await balancer.kill();
	}
}

function startRenderer(balancer: Balancer, block: string | undefined): ChildProcess {
	const source = `${balancer.file}.ctmpl`;
	const config = `${balancer.file}.hcl`;
	writeFileSync(source, balancer.template(block === undefined ? plainServers : '{{ haproxyServers "api" }}'));
	const command = block === undefined ? `command = "${balancer.reloadCommand}"` : "";
	const haproxy =
		block === undefined
			? ""
			: `haproxy { socket = "${balancer.socket}" config = "${balancer.file}" reload = "${balancer.reloadCommand}"
				backend "api" { server_line = "check inter 2s" ${block} } }`;
	writeFileSync(
		config,
		`consul { address = "${agent.host}:8500" }
		template { source = "${source}" destination = "${balancer.file}" ${command} }
		${haproxy}`,
	);
	return spawn(process.execPath, [`${dist}/disco-template.js`, "-config", config], {
		stdio: "ignore",
	});
}

async function registerAll(to: SourceAgent, { ports }: Upstreams, there: ReadonlySet<number>): Promise<void> {
	for (const port of ports) await (there.has(port) ? register(to, port) : deregister(to, port));
}

/** One instance goes or comes; at least three are left. */
async function change(to: SourceAgent, { ports }: Upstreams, there: Set<number>, event: number): Promise<void> {
	const port = ports[(event * 7 + Math.floor(event / ports.length)) % ports.length] as number;
	if (there.has(port) && there.size > 3) {
		there.delete(port);
		await deregister(to, port);
	} else if (!there.has(port)) {
		there.add(port);
		await register(to, port);
	} else await change(to, { ports, close: upstreams.close }, there, event + 1);
}

function register({ client }: SourceAgent, port: number): Promise<void> {
	return client.catalog.register({
		Node: `n${port}`,
		Address: host,
		Service: { ID: `api-${port}`, Service: "api", Port: port },
	});
}

function deregister({ client }: SourceAgent, port: number): Promise<void> {
	return client.catalog.deregister({ Node: `n${port}` });
}
