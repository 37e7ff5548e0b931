import { chmod, chown, mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, succeed } from "../support/programs.ts";
import { agents, countOf, curl, removeContainers, run, start } from "./registrator-world.ts";

// Least privilege: what docs/registrator.md lists is all that the registrator asks of Docker, and it need not be root.

const agent = agents.find(({ name }) => name === "disco");
const skipped = it.skipIf(agent?.available !== true);
const group = 4444;
const user = 4445;

/** `GET /containers/{id}/json` of the table in the documentation as what such a request looks like. */
function allowedCalls(documentation: string): RegExp[] {
	return [...documentation.matchAll(/^\| `GET (\/\S+)`/gm)].map(
		([, path = ""]) => new RegExp(`^GET (/v[0-9.]+)?${path.replace("{id}", "[0-9a-f]+")}$`),
	);
}

describe("disco-registrator behind a filtering proxy", () => {
	let folder: string;
	let proxy: http.Server;
	let registry: Background;
	let registrator: Background;
	const asked = new Set<string>();
	const refused: string[] = [];

	beforeAll(async () => {
		if (agent?.available !== true) return;
		await removeContainers();
		const allowed = allowedCalls(await readFile("docs/registrator.md", "utf8"));
		const engine = new URL(process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").pathname;
		proxy = http.createServer((request, response) => {
			const call = `${request.method} ${(request.url ?? "").split("?")[0]}`;
			const rule = allowed.find((pattern) => pattern.test(call));
			if (rule === undefined) {
				refused.push(call);
				response.writeHead(403).end();
				return;
			}
			asked.add(rule.source);
			const { method, url: path, headers } = request;
			const forwarded = http.request({ socketPath: engine, method, path, headers }, (answer) => {
				response.writeHead(answer.statusCode ?? 500, answer.headers);
				response.flushHeaders();
				answer.pipe(response);
			});
			forwarded.on("error", () => response.destroy());
			response.on("close", () => forwarded.destroy());
			request.pipe(forwarded);
		});
		folder = await mkdtemp(join(tmpdir(), "disco-proxy-"));
		const socket = join(folder, "docker.sock");
		await new Promise<void>((resolve) => proxy.listen(socket, resolve));
		await chmod(folder, 0o755);
		await chown(socket, 0, group);
		await chmod(socket, 0o660);
		registry = await start(agent);
		const program = ["dist/disco-registrator.js", "-internal", `consul://${agent.address}:8500`];
		const identity = ["--reuid", String(user), "--regid", String(user), "--groups", String(group), "--no-new-privs"];
		registrator = background("setpriv", [...identity, process.execPath, ...program], {
			env: { DOCKER_HOST: `unix://${socket}` },
		});
	});
	afterAll(async () => {
		await removeContainers();
		await registrator?.stop();
		await registry?.stop("SIGKILL");
		proxy?.closeAllConnections();
		proxy?.close();
		if (folder !== undefined) await rm(folder, { recursive: true });
	});

	skipped("registers, drains and removes with the calls that are listed, without being root", async () => {
		const address = agent?.address ?? "";
		await run("rt-one", "--expose", "80", "--health-cmd", "true", "--health-interval", "500ms");
		await countOf(address, 1);
		const status = await readFile(`/proc/${registrator.child.pid}/status`, "utf8");
		expect(status).toMatch(new RegExp(`^Uid:\\t${user}\\t${user}\\t`, "m"));
		const passing = async () =>
			(JSON.parse(await curl(`http://${address}:8500/v1/health/service/rt-api?passing`)) as unknown[]).length;
		await eventually("its HEALTHCHECK passes", async () => (await passing()) === 1);
		await succeed("docker", ["stop", "-t", "1", "rt-one"]);
		await countOf(address, 0);
		expect(registrator.output()).toContain("drains");
		expect(refused).toEqual([]);
		expect(asked.size).toBe(4);
	});
});
