import { execFile, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startAgent } from "./agents.ts";
import { instancePut, putAll } from "./fill.ts";
import { cpuMs } from "./process-figures.ts";
import { formatSpread, spread } from "./statistics.ts";
import { tcpAnswersPerSecond } from "./tcp-questions.ts";

const run = promisify(execFile);

interface Side {
	readonly name: string;
	readonly host: string;
	readonly pid: number | undefined;
}

interface Load {
	readonly label: string;
	readonly question: string;
	/** By dnsperf unless it is "tcp": dnsperf takes no answer above 16 KiB over TCP. */
	readonly by: "dnsperf" | "tcp";
}

const loads: readonly Load[] = [
	{ label: "A", question: "one.service.consul A", by: "dnsperf" },
	{ label: "SRV", question: "one.service.consul SRV", by: "dnsperf" },
	{ label: "SRV of 10", question: "ten.service.consul SRV", by: "dnsperf" },
	{ label: "A of 5,000", question: "many.service.consul A", by: "dnsperf" },
	{ label: "TCP A of 5,000", question: "many.service.consul A", by: "tcp" },
	{ label: "TCP SRV of 5,000", question: "many.service.consul SRV", by: "tcp" },
];

/** Sends every UDP packet back: what no server in one thread of Node can exceed. */
const echo = `
const socket = require("node:dgram").createSocket({ type: "udp4", recvBufferSize: 4194304, lookup: (host, options, callback) => callback(null, host, 4) });
const ignore = () => {};
socket.on("message", (packet, from) => { packet[2] |= 0x84; socket.send(packet, from.port, from.address, ignore); });
socket.bind(8600, process.argv[1], () => console.log("ready"));
`;

/**
 * DNS questions answered by disco, Consul and an empty UDP echo in Node: per second of the clock and per second of the server's
 * processor time (this machine is shared with dnsperf), then the slowest of a hundred answers with and without HTTP load.
 */
export async function dns(rounds: number, seconds: number): Promise<void> {
	const agents = [await startAgent("disco", "127.56.20.1"), await startAgent("consul", "127.56.20.2")];
	const echoHost = "127.56.20.3";
	const child = spawn(process.execPath, ["-e", echo, echoHost], { stdio: ["ignore", "pipe", "inherit"] });
	try {
		await once(child.stdout, "data");
		for (const { host } of agents) await fill(host);
		const sides: readonly Side[] = [
			...agents.map(({ name, host, process }) => ({ name, host, pid: process.pid })),
			{ name: "echo", host: echoHost, pid: child.pid },
		];
		console.log(`\nDNS, 200 questions outstanding, per second (per second of processor time); ratio disco : consul`);
		for (const load of loads) await compare(load, sides, rounds, seconds);
		await underHttpLoad(sides.slice(0, 2), seconds);
	} finally {
		child.kill();
		for (const agent of agents) await agent.close();
	}
}

async function fill(host: string): Promise<void> {
	for (const [service, count] of [
		["one", 1],
		["ten", 10],
		["many", 5_000],
	] as const) {
		await putAll(host, count, (node) => instancePut({ node, service, id: `${service}-${node}`, port: 8000 }));
	}
}

async function compare(load: Load, sides: readonly Side[], rounds: number, seconds: number): Promise<void> {
	const asked = load.by === "tcp" ? sides.slice(0, 2) : sides;
	const perSecond = asked.map((): number[] => []);
	const perCpuSecond = asked.map((): number[] => []);
	for (let round = 0; round < rounds; round++) {
		for (const [at, side] of asked.entries()) {
			const beforeMs = cpuMs(side.pid);
			const rate =
				load.by === "tcp"
					? await tcpAnswersPerSecond(side.host, load.question, seconds)
					: await dnsperf(side.host, load.question, seconds, side.name !== "echo");
			perSecond[at]?.push(rate);
			perCpuSecond[at]?.push((rate * seconds * 1000) / (cpuMs(side.pid) - beforeMs));
		}
	}
	const ratio = ([ours, theirs]: readonly number[][]) =>
		formatSpread(spread((ours ?? []).map((value, round) => value / (theirs?.[round] ?? Number.NaN))), "x");
	const figures = asked.map(
		({ name }, at) =>
			`${name} ${formatSpread(spread(perSecond[at] ?? []))} [${formatSpread(spread(perCpuSecond[at] ?? []))}]`,
	);
	console.log(`${load.label.padEnd(18)}${ratio(perSecond)} [${ratio(perCpuSecond)}]\n    ${figures.join("   ")}`);
}

/** Fails when an answer was lost, or was no answer. */
async function dnsperf(host: string, question: string, seconds: number, mustKnow: boolean): Promise<number> {
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
			"-l",
			String(seconds),
			"-c",
			"8",
			"-q",
			"200",
		]);
		const figure = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
		const [sent, lost, good] = [/sent:\s+(\d+)/, /lost:\s+(\d+)/, /NOERROR (\d+)/].map(figure) as [
			number,
			number,
			number,
		];
		if (lost > 0 || (mustKnow && good < sent)) {
			console.log(`    ${host} ${question}: of ${sent} questions ${lost} lost, ${good} answered well`);
		}
		return figure(/per second:\s+([\d.]+)/);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

const probes = 500;

/** p50 and p99 of single questions, 5 ms apart, at rest and while 32 connections read over HTTP. */
async function underHttpLoad(sides: readonly Side[], seconds: number): Promise<void> {
	console.log(
		"\nlatency of single A questions in ms: p50, p99 at rest; p50, p99 beside 32 HTTP readers (GET /v1/health/service/ten)",
	);
	for (const { name, host } of sides) {
		const atRest = await latencies(host);
		const durationS = Math.max(seconds, Math.ceil((probes * 8) / 1000) + 1);
		const readers = run("wrk", ["-t1", "-c32", `-d${durationS}s`, `http://${host}:8500/v1/health/service/ten?passing`]);
		const underLoad = await latencies(host);
		await readers;
		console.log(`    ${name.padEnd(8)}${[...atRest, ...underLoad].map((ms) => ms.toFixed(2)).join("  ")}`);
	}
}

async function latencies(host: string): Promise<readonly [number, number]> {
	const socket = createSocket("udp4");
	const found: number[] = [];
	const labels = ["one", "service", "consul"].flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
	const packet = Buffer.concat([
		Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
		...labels,
		Buffer.from([0, 0, 1, 0, 1]),
	]);
	for (let number = 0; number < probes; number++) {
		const startMs = performance.now();
		const answered = once(socket, "message");
		socket.send(packet, 8600, host);
		await answered;
		found.push(performance.now() - startMs);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	socket.close();
	found.sort((a, b) => a - b);
	return [found[Math.floor(probes * 0.5)] ?? 0, found[Math.floor(probes * 0.99)] ?? 0];
}
