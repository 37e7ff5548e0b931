import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { decode } from "dns-packet";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort, startAgent, type TestAgent } from "../agent/support.ts";
import { type Background, background, eventually } from "../support/programs.ts";
import { overTcp, overUdp } from "./exchange.ts";
import { questionPacket } from "./fuzz-questions.ts";

/** The recipes of docs/dns.md as they stand there, in the real programs; only addresses and ports are replaced. */
const document = readFileSync("docs/dns.md", "utf8");
const agentHost = "127.56.10.5";
const host = "127.56.10.6";
const servers = ["127.56.10.7", "127.56.10.8"];

function programPath(name: string): string | undefined {
	const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
	const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
	if (path === undefined && process.env["CI"]) throw new Error(`${name} is missing: scripts/test-tools.sh installs it`);
	return path;
}

/** The block of the document that is written in `language`, with this test's agent in place of the usual one. */
function recipe(language: string, agentPort: number): string {
	const block = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(document)?.[1];
	if (block === undefined) throw new Error(`docs/dns.md has no block in ${language}`);
	return block
		.replaceAll("127.0.0.1 port 8600", `${agentHost} port ${agentPort}`)
		.replaceAll(/127\.0\.0\.1([#@:])8600/g, `${agentHost}$1${agentPort}`);
}

describe("recipes of docs/dns.md", () => {
	let agent: TestAgent;
	let folder: string;
	let started: Background | undefined;
	const sites: Server[] = [];

	beforeAll(async () => {
		agent = await startAgent(agentHost);
		for (const [number, address] of servers.entries()) {
			await agent.client.catalog.register({
				Node: `site-${number}`,
				Address: address,
				Service: { ID: `web-${number}`, Service: "web", Port: 9001 },
			});
			const site = createServer((_request, response) => response.end(`site ${number}`));
			await new Promise<void>((resolve) => site.listen(9001, address, resolve));
			sites.push(site);
		}
	});
	afterAll(async () => {
		for (const site of sites) site.close();
		await agent.kill("SIGKILL");
	});
	afterEach(async () => {
		await started?.stop();
		rmSync(folder, { recursive: true, force: true });
	});

	/** A folder that a daemon without root's rights can use, too. */
	function workFolder(): string {
		folder = mkdtempSync(join(tmpdir(), "disco-recipe-"));
		chmodSync(folder, 0o777);
		return folder;
	}

	const question = (name: string, type: number) =>
		questionPacket({ name, type, class: 1, opcode: 0, flags: 0x0100, tcp: false }, 7);

	async function expectForwarded(port: number, by = host): Promise<void> {
		const at = { host: by, port };
		const addresses = await eventually(`${started?.output()} answers`, async () => {
			if (started?.child.exitCode !== null) throw new Error(`it ended: ${started?.output()}`);
			const reply = await overUdp(at, question("web.service.consul", 1), 1_000);
			const found = (reply === undefined ? [] : (decode(reply).answers ?? [])).flatMap((each) =>
				each.type === "A" ? [each.data] : [],
			);
			return found.length === 2 && found.sort();
		});
		expect(addresses).toEqual(servers);
		const ports = await overTcp(at, question("web.service.consul", 33));
		expect(
			(decode(ports ?? Buffer.alloc(0)).answers ?? []).map((each) => each.type === "SRV" && each.data.port),
		).toEqual([9001, 9001]);
		const nobody = await overUdp(at, question("nobody.service.consul", 1));
		expect((nobody?.readUInt16BE(2) ?? 0) & 0xf).toBe(3);
	}

	const dnsmasq = programPath("dnsmasq");
	test.skipIf(dnsmasq === undefined)("dnsmasq", async () => {
		const port = await freePort(host);
		const file = join(workFolder(), "dnsmasq.conf");
		const own = `port=${port}\nlisten-address=${host}\nbind-interfaces\nno-resolv\nno-hosts\nuser=root\npid-file=${folder}/pid\n`;
		writeFileSync(file, own + recipe("dnsmasq", agent.dnsPort));
		started = background(dnsmasq ?? "", ["--keep-in-foreground", "--log-facility=-", `--conf-file=${file}`]);
		await expectForwarded(port);
		const reverse = await overUdp({ host, port }, question("5.10.56.127.in-addr.arpa", 12));
		expect(reverse).toBeDefined();
	});

	const unbound = programPath("unbound");
	test.skipIf(unbound === undefined)("Unbound", async () => {
		const port = await freePort(host);
		const file = join(workFolder(), "unbound.conf");
		const own = `server:\n\tinterface: ${host}@${port}\n\taccess-control: 127.0.0.0/8 allow\n\tusername: ""\n\tchroot: ""\n\tpidfile: ""\n\tuse-syslog: no\n`;
		writeFileSync(file, own + recipe("unbound", agent.dnsPort));
		started = background(unbound ?? "", ["-d", "-c", file]);
		await expectForwarded(port);
	});

	const named = programPath("named");
	test.skipIf(named === undefined)("BIND", async () => {
		// BIND listens on addresses that an interface has; of 127.0.0.0/8 that is one.
		const loopback = "127.0.0.1";
		const port = await freePort(loopback);
		const file = join(workFolder(), "named.conf");
		const own = `directory "${folder}"; pid-file none; session-keyfile none; listen-on port ${port} { ${loopback}; }; listen-on-v6 { none; }; recursion yes; allow-query { any; };`;
		const text = recipe("bind", agent.dnsPort).replace("options {", `options {\n\t${own}`);
		writeFileSync(file, `controls { };\n${text}`);
		started = background(named ?? "", ["-f", "-g", "-c", file]);
		await expectForwarded(port, loopback);
	});

	async function expectBalanced(port: number): Promise<void> {
		const seen = new Set<string>();
		await eventually(`both sites through ${started?.output()}`, async () => {
			if (started?.child.exitCode !== null) throw new Error(`it ended: ${started?.output()}`);
			const answer = await fetch(`http://${host}:${port}/`, { headers: { connection: "close" } });
			seen.add(await answer.text());
			return seen.has("site 0") && seen.has("site 1");
		});
	}

	const haproxy = programPath("haproxy");
	test.skipIf(haproxy === undefined)("HAProxy", async () => {
		const port = await freePort(host);
		const file = join(workFolder(), "haproxy.cfg");
		const own = `defaults\n\tmode http\n\ttimeout connect 2s\n\ttimeout client 5s\n\ttimeout server 5s\nfrontend site\n\tbind ${host}:${port}\n\tdefault_backend web\n`;
		writeFileSync(file, own + recipe("haproxy", agent.dnsPort));
		started = background(haproxy ?? "", ["-db", "-f", file]);
		await expectBalanced(port);
		await agent.client.catalog.deregister({ Node: "site-1" });
		await eventually("HAProxy leaves out who is gone", async () => {
			const answers = await Promise.all(
				Array.from({ length: 6 }, async () => (await fetch(`http://${host}:${port}/`)).text()),
			);
			return answers.every((answer) => answer === "site 0");
		});
		await agent.client.catalog.register({
			Node: "site-1",
			Address: servers[1] ?? "",
			Service: { ID: "web-1", Service: "web", Port: 9001 },
		});
	});

	const nginx = programPath("nginx");
	test.skipIf(nginx === undefined)("nginx", async () => {
		const port = await freePort(host);
		const file = join(workFolder(), "nginx.conf");
		const text = recipe("nginx", agent.dnsPort).replace("127.0.0.1:8080", `${host}:${port}`);
		const own = `daemon off;\npid ${folder}/pid;\nerror_log stderr notice;\nevents { }\n`;
		writeFileSync(file, `${own}http {\naccess_log off;\nclient_body_temp_path ${folder}/body;\n${text}}\n`);
		started = background(nginx ?? "", ["-c", file, "-p", folder]);
		await expectBalanced(port);
	});
});
