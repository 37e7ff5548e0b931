import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent as HttpAgent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** GET requests answered per second, by wrk with 32 connections. Fails when any answer was not 2xx or 3xx. */
export async function getsPerSecond(host: string, path: string, durationS: number): Promise<number> {
	const { stdout } = await run("wrk", ["-t1", "-c32", `-d${durationS}s`, `http://${host}:8500${path}`]);
	if (/Non-2xx/.test(stdout)) throw new Error(`${host}${path}: ${/Non-2xx.*/.exec(stdout)?.[0]}`);
	return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
}

/** PUTs of 100 bytes acknowledged per second by `clients` keep-alive connections, each waiting for its answer. */
export async function putsPerSecond(host: string, clients: number, durationMs: number): Promise<number> {
	const agent = new HttpAgent({ keepAlive: true, maxSockets: clients });
	const body = Buffer.alloc(100, 120);
	const endMs = performance.now() + durationMs;
	const put = (key: string) =>
		new Promise<void>((resolve, reject) => {
			const outgoing = request({ host, port: 8500, method: "PUT", path: `/v1/kv/bench/${key}`, agent }, (response) => {
				response.resume();
				response.on("end", () =>
					response.statusCode === 200 ? resolve() : reject(new Error(`PUT: ${response.statusCode}`)),
				);
			});
			outgoing.on("error", reject);
			outgoing.end(body);
		});
	let acknowledged = 0;
	const client = async (number: number) => {
		for (let turn = 0; performance.now() < endMs; turn++) {
			await put(`${number}-${turn % 100}`);
			acknowledged++;
		}
	};
	const startMs = performance.now();
	await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
	const elapsedMs = performance.now() - startMs;
	agent.destroy();
	return (acknowledged * 1000) / elapsedMs;
}

/** DNS questions answered per second, by dnsperf with 8 clients. Fails when more than one in a thousand was lost. */
export async function questionsPerSecond(host: string, question: string, durationS: number): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "bench-dns-"));
	try {
		const file = join(folder, "questions");
		writeFileSync(file, `${question}\n`);
		const { stdout } = await run("dnsperf", [
			"-s",
			host,
			"-p",
			"8600",
			"-d",
			file,
			"-c",
			"8",
			"-q",
			"50",
			"-l",
			String(durationS),
		]);
		const lost = Number(/Queries lost:\s+(\d+)/.exec(stdout)?.[1] ?? 0);
		const sent = Number(/Queries sent:\s+(\d+)/.exec(stdout)?.[1] ?? 0);
		const good = Number(/NOERROR (\d+)/.exec(stdout)?.[1] ?? 0);
		if (lost > sent / 1000 || good < sent * 0.99)
			throw new Error(`${host} ${question}: of ${sent} sent ${lost} lost, ${good} good`);
		return Number(/Queries per second:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
