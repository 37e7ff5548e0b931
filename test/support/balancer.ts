import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { type Background, background, eventually } from "./programs.ts";

/** Servers behind a balancer: each answers `{ instance }`, and `/download/BYTES` in pieces of 1 kB every 10 ms. */
export interface Upstreams {
	readonly ports: readonly number[];
	close(): Promise<void>;
}

export async function startUpstreams(host: string, count: number): Promise<Upstreams> {
	const servers = await Promise.all(Array.from({ length: count }, () => startUpstream(host)));
	return {
		ports: servers.map((server) => (server.address() as AddressInfo).port),
		async close() {
			await Promise.all(
				servers.map((server) => {
					server.closeAllConnections();
					return new Promise((resolve) => server.close(resolve));
				}),
			);
		},
	};
}

function startUpstream(host: string): Promise<Server> {
	const server = createServer((request, response) => {
		const bytes = Number(/^\/download\/(\d+)$/.exec(request.url ?? "")?.[1] ?? 0);
		if (bytes === 0) {
			response.setHeader("content-type", "application/json");
			response.end(JSON.stringify({ instance: String((server.address() as AddressInfo).port) }));
			return;
		}
		response.writeHead(200, { "content-length": bytes, "x-instance": String((server.address() as AddressInfo).port) });
		let left = bytes;
		const timer = setInterval(() => {
			const piece = Math.min(1000, left);
			left -= piece;
			response.write("x".repeat(piece));
			if (left > 0) return;
			clearInterval(timer);
			response.end();
		}, 10);
		response.on("close", () => clearInterval(timer));
	});
	// HAProxy keeps connections for the next request: closing one just when it comes would be our fault, not its.
	server.keepAliveTimeout = 120_000;
	return new Promise((resolve) => server.listen(0, host, () => resolve(server)));
}

/** A HAProxy in a folder of its own, with what a template for it and a reload of it need. */
export interface Balancer {
	readonly socket: string;
	readonly file: string;
	/** Ends with an error when HAProxy would refuse the file; else it counts and reloads, if HAProxy runs. */
	readonly reloadCommand: string;
	/** Everything but the lines of the backend `api`, which `servers` are. */
	template(servers: string): string;
	/** Starts HAProxy, master and worker, from the file. */
	start(): Promise<void>;
	/** SIGKILL to master and workers. */
	kill(): Promise<void>;
	/** The answer to one command of the Runtime API. */
	ask(command: string): Promise<string>;
	/** Servers of `api` that take requests, `ADDRESS:PORT`, in byte order; undefined while HAProxy does not answer. */
	ready(): Promise<readonly string[] | undefined>;
	/** Lines of a table of `api`'s servers: `NAME ADDRESS:PORT STATE WEIGHT` of those that are not in maintenance. */
	servers(): Promise<readonly string[]>;
	/** The same from the file. */
	serversInFile(): readonly string[];
	reloads(): number;
	pid(): number | undefined;
	output(): string;
}

export function createBalancer(
	folder: string,
	bind: string,
	{ program = "haproxy" }: { readonly program?: string } = {},
): Balancer {
	const path = (name: string) => join(folder, name);
	const [socket, file, pidFile, count] = [path("haproxy.sock"), path("haproxy.cfg"), path("pid"), path("reloads")];
	writeFileSync(count, "");
	writeFileSync(
		path("reload.sh"),
		`${program} -c -q -f ${file} || exit 1\necho x >> ${count}\n[ ! -s ${pidFile} ] || kill -USR2 $(cat ${pidFile})\n`,
	);
	let running: Background | undefined;

	const ask = (command: string) =>
		new Promise<string>((resolve, reject) => {
			let text = "";
			const asking = connect(socket, () => asking.write(`${command}\n`));
			asking.setEncoding("utf8").on("data", (chunk: string) => {
				text += chunk;
			});
			asking.on("error", reject).on("end", () => resolve(text));
		});
	const rows = async () => {
		const [, header = "", ...lines] = (await ask("show servers state api")).split("\n");
		const columns = header.slice(2).split(" ");
		return lines
			.filter((line) => line !== "")
			.map((line) => {
				const cells = line.split(" ");
				const cell = (name: string) => cells[columns.indexOf(name)] ?? "";
				const admin = Number(cell("srv_admin_state"));
				return {
					name: cell("srv_name"),
					at: `${cell("srv_addr")}:${cell("srv_port")}`,
					weight: Number(cell("srv_uweight")),
					state: admin & 0x23 ? "maint" : admin & 0x18 ? "drain" : "ready",
				};
			});
	};
	const line = (name: string, at: string, weight: number, drains: boolean) =>
		`${name} ${at} ${drains ? "drain" : `ready ${weight}`}`;

	return {
		socket,
		file,
		reloadCommand: `sh ${path("reload.sh")}`,
		template: (servers) => `global
	stats socket ${socket} mode 600 level admin expose-fd listeners
	log stdout format raw local0 notice
	hard-stop-after 60s

defaults
	mode http
	log global
	timeout connect 2s
	timeout client 60s
	timeout server 60s

frontend http
	bind ${bind}
	default_backend api

backend api
	balance roundrobin
${servers}
`,
		async start() {
			running = background(program, ["-W", "-db", "-f", file]);
			writeFileSync(pidFile, String(running.child.pid));
			await eventually("haproxy answers", async () => (await ask("show info")).includes("Pid: "));
		},
		async kill() {
			if (running === undefined) return;
			const master = running.child.pid;
			const workers = readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim().split(" ");
			writeFileSync(pidFile, "");
			running.child.kill("SIGKILL");
			for (const worker of workers.filter((one) => one !== "")) {
				try {
					process.kill(Number(worker), "SIGKILL");
				} catch {
					// It has ended with its master.
				}
			}
			await running.exited;
			running = undefined;
		},
		ask,
		async ready() {
			try {
				return (await rows())
					.filter(({ state, weight }) => state === "ready" && weight > 0)
					.map(({ at }) => at)
					.sort();
			} catch {
				return undefined;
			}
		},
		servers: async () =>
			(await rows())
				.filter(({ state }) => state !== "maint")
				.map(({ name, at, weight, state }) => line(name, at, weight, state === "drain"))
				.sort(),
		serversInFile: () =>
			readFileSync(file, "utf8")
				.split("\n")
				.map((text) => /^\tserver (\S+) (\S+) weight (\d+)(.*)$/.exec(text))
				.filter((match) => match !== null && !match[4]?.endsWith(" disabled"))
				.map((match) => line(match?.[1] ?? "", match?.[2] ?? "", Number(match?.[3]), match?.[3] === "0"))
				.sort(),
		reloads: () => readFileSync(count, "utf8").split("\n").length - 1,
		pid: () => running?.child.pid,
		output: () => running?.output() ?? "",
	};
}
