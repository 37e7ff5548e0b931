import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

/**
 * PUTs of 100 bytes acknowledged per second by `clients` keep-alive connections, each waiting for its answer, on 6,400 keys; by
 * wrk, since a client in Node takes as much processor time as the servers. Fails when any answer was not 2xx.
 */
export async function putsPerSecond(host: string, clients: number, durationS: number): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "bench-put-"));
	try {
		const script = join(folder, "put.lua");
		writeFileSync(script, putScript);
		const { stdout } = await run("wrk", [
			"-t1",
			`-c${clients}`,
			`-d${durationS}s`,
			"-s",
			script,
			`http://${host}:8500/`,
		]);
		if (/Non-2xx/.test(stdout)) throw new Error(`PUT ${host}: ${/Non-2xx.*/.exec(stdout)?.[0]}`);
		return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

const putScript = `
local n = 0
local body = string.rep("x", 100)
request = function()
	n = n + 1
	return wrk.format("PUT", "/v1/kv/bench/" .. (n % 6400), nil, body)
end
`;

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
