import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { errorCode } from "../../../lib/errors.ts";
import { nodeClock, nodeDisk, nodeNetwork, nodeRandom } from "../../../lib/node/index.ts";
import { RaftLog, type StateMachine, StreamTransport, serveRaftStream } from "../../raft/index.ts";
import { listenOnServerPort } from "../../rpc/wire/first-byte.ts";
import { timings } from "./world.ts";

/** Not simulated: the same parts on real disks and sockets, in one process. */
const killsMax = process.env["DISCO_LONG"] === undefined ? 3 : 100;

async function startServer(folder: string, id: string) {
	const applied: string[] = [];
	const machine: StateMachine<number> = {
		apply: (_, command) => applied.push(new TextDecoder().decode(command)),
		snapshot: () => [new TextEncoder().encode(JSON.stringify(applied))],
		restore: async (pieces) => {
			let whole = "";
			for await (const piece of pieces) whole += new TextDecoder().decode(piece);
			applied.splice(0, applied.length, ...(JSON.parse(whole) as string[]));
		},
	};
	let handle: RaftLog<number>["handle"] = () => Promise.reject(new Error("not started"));
	let self = { id, address: "" };
	const listener = await listenOnServerPort({
		network: nodeNetwork,
		clock: nodeClock,
		host: "127.0.0.1",
		port: 0,
		methods: new Map(),
		onRaft: (connection) => serveRaftStream(connection, { self, handle: (...asked) => handle(...asked) }),
	});
	self = { id, address: `127.0.0.1:${listener.local.port}` };
	const transport = new StreamTransport({ network: nodeNetwork, clock: nodeClock });
	const log = new RaftLog({
		self,
		clock: nodeClock,
		disk: nodeDisk,
		folder: join(folder, id),
		random: nodeRandom,
		machine,
		transport,
		timings,
	});
	await log.start();
	handle = (request, state) => log.handle(request, state);
	return {
		self,
		log,
		applied,
		stop: async () => {
			transport.close();
			await Promise.all([log.close(), listener.close()]);
		},
	};
}

type Server = Awaited<ReturnType<typeof startServer>>;

/** Asks all until one takes it. */
async function writeSomewhere(servers: readonly Server[], command: string): Promise<void> {
	for (;;) {
		for (const { log } of servers) {
			try {
				await log.propose(new TextEncoder().encode(command));
				return;
			} catch (error) {
				expect(["NO_LEADER", "LOG_CLOSED", "LEADERSHIP_LOST"]).toContain(errorCode(error));
			}
		}
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

it("servers on real disks and sockets elect again after their leader is gone", { timeout: 1_800_000 }, async () => {
	const resumedMs: number[] = [];
	for (let kill = 0; kill < killsMax; kill++) {
		const folder = await mkdtemp(join(tmpdir(), "disco-raft-test-"));
		const servers = await Promise.all(["a", "b", "c"].map((id) => startServer(folder, id)));
		const configuration = { servers: servers.map(({ self }) => ({ ...self, voter: true })) };
		for (const { log } of servers) log.bootstrap(configuration);
		await writeSomewhere(servers, "first");
		const leader = servers.find(({ log }) => log.state().role === "leader");
		await leader?.stop();
		const left = servers.filter((server) => server !== leader);
		const begin = performance.now();
		await writeSomewhere(left, "second");
		resumedMs.push(Math.round(performance.now() - begin));
		await Promise.all(left.map(({ log }) => log.barrier().catch(() => undefined)));
		const states = left.map(({ applied }) => applied);
		expect(states.some((applied) => applied.includes("first") && applied.includes("second"))).toBe(true);
		await Promise.all(left.map(({ stop }) => stop()));
		await rm(folder, { recursive: true, force: true });
	}
	resumedMs.sort((a, b) => a - b);
	process.stdout.write(`writes again after a leader was gone, ms: ${resumedMs.join(" ")}\n`);
});
