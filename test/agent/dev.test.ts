import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "../support/programs.ts";
import { start, type TestProgram, temporaryFolder } from "./support.ts";

const host = "127.13.0.31";

interface DevStatus {
	readonly Instances: readonly { readonly ID: string; readonly PID: number; readonly Port: number }[];
	readonly Proxy: {
		readonly Installed: boolean;
		readonly Running: boolean;
		readonly Config: string;
		readonly Problem: string;
	};
	readonly Events: readonly { readonly Text: string }[];
}

const running = new Set<TestProgram>();
afterEach(() => {
	for (const program of running) program.child.kill("SIGKILL");
	running.clear();
});

function dev(folder: string, args: readonly string[] = []): TestProgram {
	const program = start(["dev", `-bind=${host}`, ...args], { cwd: folder });
	running.add(program);
	return program;
}

async function status(): Promise<DevStatus> {
	const answer = await fetch(`http://${host}:8500/v1/disco/dev`);
	return (await answer.json()) as DevStatus;
}

/** What HAProxy answers for a host name, or an error's text. */
function ask(hostName: string): Promise<string> {
	return new Promise((resolve) => {
		const request = get({ host, port: 8080, headers: { Host: hostName }, agent: false }, (response) => {
			let text = "";
			response.on("data", (chunk: Buffer) => {
				text += chunk.toString();
			});
			response.on("end", () => resolve(text.trim()));
		});
		request.on("error", (error) => resolve(error.message));
	});
}

async function addresses(name: string): Promise<readonly number[]> {
	const resolver = new Resolver({ timeout: 2_000, tries: 1 });
	resolver.setServers([`${host}:8600`]);
	const records = await resolver.resolveSrv(name).catch(() => []);
	return records.map(({ port }) => port);
}

/** Process ids whose command line or environment names the folder or the address: everything that dev started. */
function processesOf(folder: string): readonly string[] {
	return readdirSync("/proc")
		.filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
		.filter((pid) => {
			const text = ["cmdline", "environ"].map((name) => readOr(`/proc/${pid}/${name}`)).join("\0");
			return text.includes(folder) || text.includes(`HOST=${host}\0`) || text.includes(`HAPROXY_BIND=${host}`);
		});
}

function readOr(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}

async function expectNothingLeft(folder: string): Promise<void> {
	await eventually("no process is left", () => processesOf(folder).length === 0, 5_000);
	expect(existsSync(join(folder, ".disco"))).toBe(false);
	for (const port of [8500, 8600, 8080]) {
		const server = createServer().listen(port, host);
		await once(server, "listening");
		server.close();
	}
}

describe("disco dev", () => {
	it("serves, follows a killed instance out and back, and leaves nothing behind", async () => {
		const folder = temporaryFolder();
		const program = dev(folder);
		await eventually("both instances are served", async () => (await addresses("api.service.consul")).length === 2);
		const { Instances, Proxy: proxy } = await eventually("HAProxy runs", async () => {
			const now = await status();
			return now.Proxy.Running && now.Proxy.Config.includes("api-2") && now;
		});
		expect(proxy.Problem).toBe("");
		await eventually("HAProxy answers from both", async () => {
			const said = new Set([await ask("api.localhost"), await ask("api.localhost")]);
			return said.has("Hello from api-1") && said.has("Hello from api-2");
		});
		expect(await ask("nobody.localhost")).toContain("No service for host");
		await eventually("the proxy is found by the service's name", async () => {
			return (await addresses("api.haproxy.service.consul")).join() === "8080";
		});

		const [first] = Instances;
		process.kill(first?.PID ?? 0, "SIGKILL");
		await eventually(
			"the killed instance leaves DNS",
			async () => (await addresses("api.service.consul")).length === 1,
		);
		await eventually(
			"the killed instance leaves the file",
			async () => !(await status()).Proxy.Config.includes("api-1"),
		);
		expect(await ask("api.localhost")).toBe("Hello from api-2");
		await eventually("it comes back", async () => (await status()).Proxy.Config.includes("api-1"));
		await eventually("it is served again", async () => {
			return [await ask("api.localhost"), await ask("api.localhost")].includes("Hello from api-1");
		});
		const masters = processesOf(folder).filter((pid) => readOr(`/proc/${pid}/cmdline`).startsWith("haproxy\0-W"));
		for (const pid of masters) process.kill(Number(pid), "SIGKILL");
		await eventually("HAProxy ended", async () => program.output().includes("it is started again in 0.5 s"));
		await eventually("HAProxy is started again", async () => (await ask("api.localhost")).startsWith("Hello from"));
		expect((await status()).Proxy).toMatchObject({ Running: true, Problem: "" });

		for (const line of [
			"api-1 is up",
			"api-1 is down",
			"api-1 ended (signal SIGKILL)",
			"rendered",
			"HAProxy reloaded",
		]) {
			expect(program.output()).toContain(line);
		}

		program.child.kill("SIGINT");
		expect(await program.ended).toBe(0);
		await expectNothingLeft(folder);
	});

	it("leaves nothing behind when it is killed itself", async () => {
		const folder = temporaryFolder();
		const program = dev(folder, ["-folder=made/for-it"]);
		await eventually("HAProxy runs", async () => (await status()).Proxy.Running);
		program.child.kill("SIGKILL");
		await program.ended;
		await expectNothingLeft(folder);
		await eventually("the folders are removed, too", () => readdirSync(folder).length === 0);
	});

	it("shows the file when HAProxy is not installed", async () => {
		const folder = temporaryFolder();
		const program = dev(folder, ["-haproxy=/nonexistent/haproxy"]);
		const { Proxy: proxy } = await eventually("the file is rendered", async () => {
			const now = await status();
			return now.Proxy.Config.includes("api-2") && now;
		});
		expect(proxy).toMatchObject({
			Installed: false,
			Running: false,
			Problem: expect.stringContaining("not installed"),
		});
		expect(program.output()).toContain("/nonexistent/haproxy is not installed");
		program.child.kill("SIGTERM");
		expect(await program.ended).toBe(0);
		await expectNothingLeft(folder);
	});

	it.each([
		["HTTP", 8500, "-http-port"],
		["DNS", 8600, "-dns-port"],
		["HAProxy", 8080, "-proxy-port"],
	])("says in one line that the port of %s is busy, and starts nothing", async (_, port, option) => {
		const busy = createServer().listen(port, host);
		await once(busy, "listening");
		const folder = temporaryFolder();
		const program = dev(folder);
		expect(await program.ended).toBe(1);
		busy.close();
		await once(busy, "close");
		const lines = program.output().trim().split("\n");
		expect(lines).toHaveLength(1);
		expect(lines[0]).toContain(`${host}:${port}`);
		expect(lines[0]).toContain(option);
		await expectNothingLeft(folder);
	});
});
