import { get } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { type Balancer, createBalancer, startUpstreams, type Upstreams } from "../support/balancer.ts";
import { consulAt, type DevAgent } from "../support/dev-agents.ts";
import { startLoad } from "../support/load.ts";
import { eventually } from "../support/programs.ts";
import { useFolder } from "./folder.ts";

/** The `haproxy` block against the real HAProxy and the real Consul: no reload, no failed request, and nothing lost by kills. */
const start = consulAt("127.72.7.2");
const host = "127.72.7.4";
const bind = "127.72.7.3:8080";
const http = "127.72.7.3:9480";
/** Another version than the installed one. */
const program = process.env["DISCO_HAPROXY"] ?? "haproxy";
const long = process.env["DISCO_LONG"] !== undefined;
const { path, file, daemon, run } = useFolder();

/** Instances of `api`, one to each port, on a node of their own. */
function catalogOf(client: Client, ports: readonly number[]) {
	const there = new Set<number>();
	const node = (port: number) => ({ Node: `n${port}`, Address: host });
	return {
		async add(port: number, more: { readonly weight?: number } = {}) {
			const Weights = { Passing: more.weight ?? 1, Warning: 1 };
			await client.catalog.register({
				...node(port),
				Service: { ID: `api-${port}`, Service: "api", Port: port, Weights },
			});
			there.add(port);
		},
		async remove(port: number) {
			await client.catalog.deregister({ Node: `n${port}` });
			there.delete(port);
		},
		/** As `disco-registrator` and `disco maint` do. */
		async drain(port: number) {
			await client.catalog.register({
				...node(port),
				Check: {
					Node: `n${port}`,
					CheckID: `_service_maintenance:api-${port}`,
					Name: "Service Maintenance Mode",
					Notes: "draining until 2030-01-01T00:00:00Z",
					ServiceID: `api-${port}`,
					Status: "critical",
				},
			});
			there.delete(port);
		},
		/** Takes one away or brings one, so that two at least are left. */
		async change(position: number) {
			const port = ports[position % ports.length] as number;
			if (there.has(port) && there.size > 2) await this.remove(port);
			else await this.add(port);
		},
		clear: async () => {
			for (const port of ports) await client.catalog.deregister({ Node: `n${port}` }).catch(() => undefined);
			there.clear();
		},
		expected: () => [...there].map((port) => `${host}:${port}`).sort(),
	};
}

describe.skipIf(start === undefined)("haproxy block", { timeout: long ? 900_000 : 120_000 }, () => {
	let agent: DevAgent;
	let upstreams: Upstreams;
	let catalog: ReturnType<typeof catalogOf>;
	const open: Balancer[] = [];
	beforeAll(async () => {
		agent = await (start as () => Promise<DevAgent>)();
		upstreams = await startUpstreams(host, 8);
		catalog = catalogOf(agent.client, upstreams.ports);
	});
	afterAll(async () => {
		await upstreams.close();
		await agent.stop();
	});

	/** HAProxy and disco-template with `count` instances; ends with the test. */
	async function set(block: string, count: number, servers = '{{ haproxyServers "api" }}') {
		await catalog.clear();
		for (const port of upstreams.ports.slice(0, count)) await catalog.add(port);
		const balancer = createBalancer(path(""), bind, { program });
		open.push(balancer);
		file("haproxy.ctmpl", balancer.template(servers));
		file(
			"template.hcl",
			`consul { address = "${agent.address}" }
			template { source = "${path("haproxy.ctmpl")}" destination = "${balancer.file}" }
			haproxy { socket = "${balancer.socket}" config = "${balancer.file}" reload = "${balancer.reloadCommand}" poll = "200ms"
				backend "api" { ${block} } }`,
		);
		const renderer = daemon("-config", path("template.hcl"), "-http", http, "-log-level", "info");
		await eventually("the file and its command", () => {
			if (renderer.child.exitCode !== null) throw new Error(renderer.output());
			return balancer.reloads() === 1;
		});
		await balancer.start();
		await balanced(balancer);
		return { balancer, renderer };
	}

	const balanced = (balancer: Balancer) =>
		eventually("HAProxy has the catalog's instances", async () => {
			const ready = await balancer.ready();
			return ready?.join() === catalog.expected().join();
		});
	const fileIsEqual = (balancer: Balancer) =>
		eventually("the file is equal to the running state", async () => {
			expect(balancer.serversInFile()).toEqual(await balancer.servers());
			return true;
		});
	// Before useFolder's, which removes what HAProxy's master looks at.
	afterEach(() => Promise.all(open.splice(0).map((balancer) => balancer.kill())));

	test.each([
		["dynamic servers", 'server_line = "check inter 2s" mode = "dynamic"'],
		["slots", 'server_line = "check inter 2s" mode = "slots" slots = 9'],
	])("%s come and go under load without a reload and without a failed request", async (_name, block) => {
		const { balancer } = await set(block, 4);
		const load = startLoad({ address: bind, host: "api", requestsPerSecond: 500 });
		for (let event = 0; event < (long ? 1_000 : 30); event++) {
			await catalog.change(event * 3 + Math.floor(event / 8));
			await balanced(balancer);
		}
		const { answered, failed, failures } = await load.stop();
		expect({ failed, failures }).toEqual({ failed: 0, failures: {} });
		expect(answered).toBeGreaterThan(0);
		expect(balancer.reloads()).toBe(1);
		await fileIsEqual(balancer);
		const metrics = await (await fetch(`http://${http}/metrics`)).text();
		expect(Number(/disco_propagation_seconds_count\{backend="api"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(20);
	});

	test("weights, draining, and a download that outlives its server", async () => {
		const { balancer } = await set('server_line = "check inter 2s pool-purge-delay 200ms"', 2);
		const [first = 0, second = 0] = upstreams.ports;
		await catalog.add(first, { weight: 7 });
		await eventually("the weight", async () =>
			(await balancer.servers()).includes(`api-${first} ${host}:${first} ready 7`),
		);
		await catalog.add(first, { weight: 1 });
		const download = await new Promise<{ port: number; whole: Promise<number> }>((resolve, reject) => {
			get(`http://${bind}/download/300000`, { agent: false }, (response) => {
				let bytes = 0;
				response.on("data", (chunk: Buffer) => {
					bytes += chunk.length;
				});
				const whole = new Promise<number>((got) => response.on("close", () => got(bytes)));
				resolve({ port: Number(response.headers["x-instance"]), whole });
			}).on("error", reject);
		});
		const load = startLoad({ address: bind, host: "api", requestsPerSecond: 100 });
		await catalog.drain(download.port);
		await eventually("draining", async () =>
			(await balancer.servers()).includes(`api-${download.port} ${host}:${download.port} drain`),
		);
		await fileIsEqual(balancer);
		await catalog.remove(download.port);
		await eventually("gone", async () => (await balancer.servers()).length === 1);
		expect(await balancer.ready()).toEqual([`${host}:${download.port === first ? second : first}`]);
		expect(await download.whole).toBe(300_000);
		await eventually("removed when its last request has ended", async () =>
			(await balancer.ask("show servers state api")).includes(`api-${download.port} `) ? undefined : true,
		);
		expect(await load.stop()).toMatchObject({ failed: 0 });
	});

	test("killed renderers and balancers find the state again, and no backend is ever empty", async () => {
		const { balancer, renderer: firstRenderer } = await set('server_line = "check inter 2s"', 3);
		let renderer = firstRenderer;
		let empty = 0;
		let watching = true;
		const watched = (async () => {
			while (watching) {
				if ((await balancer.ready())?.length === 0) empty++;
				await new Promise((resolve) => setTimeout(resolve, 2));
			}
		})();
		for (let round = 0; round < (long ? 60 : 6); round++) {
			const changing = catalog.change(round * 5 + 1);
			// Somewhere between the catalog's change and the end of what follows from it.
			await new Promise((resolve) => setTimeout(resolve, (round * 7) % 25));
			if (round % 2 === 0) {
				await renderer.stop("SIGKILL");
				await changing;
				await catalog.change(round * 5 + 2);
				renderer = daemon("-config", path("template.hcl"), "-http", http, "-log-level", "info");
			} else {
				await balancer.kill();
				await changing;
				await balancer.start();
			}
			const since = performance.now();
			await balanced(balancer);
			expect(performance.now() - since, renderer.output()).toBeLessThan(5_000);
		}
		await fileIsEqual(balancer);
		watching = false;
		await watched;
		expect(empty).toBe(0);
	});

	test("a change of structure reloads once; a vanished service leaves its backend with 503; another process is restored", async () => {
		const { balancer, renderer } = await set('server_line = "check inter 2s"', 3);
		await agent.client.kv.put("haproxy/extra", "backend more\n\tserver x 127.0.0.1:1 disabled");
		await renderer.stop("SIGTERM");
		file("haproxy.ctmpl", `${balancer.template('{{ haproxyServers "api" }}')}\n{{ key "haproxy/extra" }}\n`);
		daemon("-config", path("template.hcl"), "-http", http, "-log-level", "info");
		await eventually("the new backend", async () => (await balancer.ask("show backend")).includes("\nmore\n"));
		expect(balancer.reloads()).toBe(2);
		await catalog.add(upstreams.ports[4] as number);
		await balanced(balancer);
		expect(balancer.reloads()).toBe(2);
		await catalog.clear();
		await eventually("503", async () => (await fetch(`http://${bind}/`)).status === 503);
		await catalog.add(upstreams.ports[0] as number);
		await eventually("200", async () => (await fetch(`http://${bind}/`)).status === 200);
		expect(balancer.reloads()).toBe(2);
		const { stdout } = await run("status", "-http", http);
		expect(stdout).toMatch(/backend {3}api <- api \(dynamic, 1 ready, 0 draining/);
	});

	test("-once brings HAProxy to the catalog's state and ends; without HAProxy it leaves the file", async () => {
		await catalog.clear();
		await catalog.add(upstreams.ports[0] as number);
		const balancer = createBalancer(path(""), bind, { program });
		open.push(balancer);
		file("haproxy.ctmpl", balancer.template('{{ haproxyServers "api" }}'));
		file(
			"once.hcl",
			`consul { address = "${agent.address}" }
			template { source = "${path("haproxy.ctmpl")}" destination = "${balancer.file}" }
			haproxy { socket = "${balancer.socket}" config = "${balancer.file}" backend "api" { } }`,
		);
		expect((await run("-config", path("once.hcl"), "-once")).exitCode).toBe(0);
		expect(balancer.serversInFile()).toHaveLength(1);
		await balancer.start();
		await catalog.add(upstreams.ports[1] as number);
		expect((await run("plan", "-config", path("once.hcl"))).exitCode).toBe(2);
		expect(await balancer.ready()).toHaveLength(1);
		expect((await run("-config", path("once.hcl"), "-once")).exitCode).toBe(0);
		expect(await balancer.ready()).toEqual(catalog.expected());
		expect(balancer.serversInFile()).toEqual(await balancer.servers());
	});
});
