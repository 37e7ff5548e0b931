import { fakeRandom } from "../../../lib/env/fake.ts";
import { isHeartbeat } from "./follower.ts";
import {
	type Batch,
	type Call,
	type Configuration,
	type Entry,
	type HardState,
	type Output,
	Raft,
	type RaftOptions,
	type Request,
	type Response,
	type Rules,
	raftRules,
	type SnapshotMeta,
} from "./index.ts";

/** Tests only: servers whose messages, disks and clocks are moved by hand, with a transcript of what happens. */
export const timings = {
	heartbeatTimeoutMs: 1000,
	electionTimeoutMs: 1000,
	leaderLeaseTimeoutMs: 500,
	commitTimeoutMs: 50,
	callTimeoutMs: 10_000,
};

const limits = { appendEntriesMax: 64, appendBytesMax: 1024 * 1024, inFlightMax: 128 };

/** What survives a crash. */
interface StoredState {
	hardState: HardState;
	entries: Entry[];
	snapshot: SnapshotMeta | undefined;
}

export interface Node {
	readonly id: string;
	raft: Raft;
	stored: StoredState;
	running: boolean;
	diskHeld: boolean;
	batch: Batch | undefined;
	nowMs: number;
	appliedIndex: number;
	applied: string[];
}

type Message =
	| { readonly kind: "request"; readonly from: string; readonly call: Call }
	| {
			readonly kind: "response";
			readonly from: string;
			readonly to: string;
			readonly call: Call;
			readonly response: Response;
	  };

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export class Cluster {
	readonly nodes = new Map<string, Node>();
	readonly transcript: string[] = [];
	readonly #random = fakeRandom(1);
	readonly #rules: Rules;
	readonly #limits: RaftOptions["limits"];
	readonly #cut = new Set<string>();
	#travelling: Message[] = [];
	/** Requests that a server has taken and not answered yet: their callers notice its crash. */
	#unanswered: { readonly at: string; readonly message: Message }[] = [];
	/** Heartbeats and their answers are left out of the transcript. */
	quietHeartbeats = true;

	constructor(options: { readonly rules?: Rules; readonly limits?: Partial<RaftOptions["limits"]> } = {}) {
		this.#rules = options.rules ?? raftRules;
		this.#limits = { ...limits, ...options.limits };
	}

	/** Servers that begin with this configuration as entry 1 of term 1; those of `more` begin with nothing. */
	bootstrap(configuration: Configuration, more: readonly string[] = []): void {
		const entry: Entry = { index: 1, term: 1, type: "configuration", data: new Uint8Array(), configuration };
		for (const { id } of configuration.servers)
			this.boot(id, { hardState: { term: 1, votedFor: undefined }, entries: [entry], snapshot: undefined });
		for (const id of more)
			this.boot(id, { hardState: { term: 0, votedFor: undefined }, entries: [], snapshot: undefined });
	}

	boot(id: string, stored: StoredState): Node {
		const former = this.nodes.get(id);
		const nowMs = former?.nowMs ?? 0;
		const options: RaftOptions = {
			self: { id, address: address(id) },
			timings,
			limits: this.#limits,
			random: this.#random,
			rules: this.#rules,
		};
		const node: Node = {
			id,
			raft: new Raft(options, stored, nowMs),
			stored,
			running: true,
			diskHeld: false,
			batch: undefined,
			nowMs,
			appliedIndex: stored.snapshot?.index ?? 0,
			applied: stored.snapshot === undefined ? [] : (this.#snapshots.get(stored.snapshot.index) ?? []),
		};
		this.nodes.set(id, node);
		return node;
	}

	/** States by the index of their snapshot: the same on every server, or state machine safety is broken. */
	readonly #snapshots = new Map<number, string[]>();

	node(id: string): Node {
		const node = this.nodes.get(id);
		if (node === undefined) throw new Error(`no server ${id}`);
		return node;
	}

	get leaders(): string[] {
		return [...this.nodes.values()]
			.filter(({ running, raft }) => running && raft.role === "leader")
			.map(({ id }) => id);
	}

	crash(id: string): void {
		this.node(id).running = false;
		this.#travelling = this.#travelling.filter((message) => message.from !== id);
		const broken = this.#unanswered.filter(({ at }) => at === id);
		this.#unanswered = this.#unanswered.filter(({ at }) => at !== id);
		for (const { message } of broken) this.#fail(message);
	}

	restart(id: string): Node {
		const { stored } = this.node(id);
		return this.boot(id, stored);
	}

	/** Moves the server's clock by `ms`, or to its election time-out. */
	tick(id: string, ms?: number): void {
		const node = this.node(id);
		node.nowMs = ms === undefined ? Math.max(node.nowMs, node.raft.nextDueMs()) : node.nowMs + ms;
		const before = node.raft.role;
		node.raft.tick(node.nowMs);
		if (before === "leader" && node.raft.role !== "leader") this.say(`${id} steps down`);
		this.settle(node);
	}

	/** A follower's or candidate's time-out. */
	timeout(id: string): void {
		this.tick(id);
	}

	propose(id: string, command: string): number {
		const node = this.node(id);
		const index = node.raft.propose("command", new TextEncoder().encode(command));
		this.settle(node);
		return index;
	}

	/** What the server does after something happened: outputs, storing, applying. */
	settle(node: Node): void {
		for (;;) {
			this.#act(node, node.raft.takeOutputs());
			if (node.batch === undefined) node.batch = node.raft.takeBatch();
			if (node.batch === undefined || node.diskHeld) break;
			const { batch } = node;
			node.batch = undefined;
			keep(node.stored, batch);
			const before = node.raft.role;
			node.raft.batchStored(batch);
			if (before !== "leader" && node.raft.role === "leader") this.say(`${node.id} leads term ${node.raft.term}`);
			this.#act(node, batch.outputs);
		}
		this.#apply(node);
	}

	/** Delivers messages in order, those they cause included, until none travels; `countMax` at most. */
	deliver(countMax = 100_000, only: (message: Message) => boolean = () => true): number {
		let count = 0;
		while (count < countMax) {
			const at = this.#travelling.findIndex(only);
			const [message] = at < 0 ? [] : this.#travelling.splice(at, 1);
			if (message === undefined) return count;
			count++;
			this.#deliver(message);
		}
		return count;
	}

	/** What travels is lost; who waits for an answer is told when `tell`. */
	drop(tell = true, only: (message: Message) => boolean = () => true): void {
		const lost = this.#travelling.filter(only);
		this.#travelling = this.#travelling.filter((message) => !only(message));
		for (const message of lost) if (tell) this.#fail(message);
	}

	cut(a: string, b: string): void {
		this.#cut.add(`${a} ${b}`).add(`${b} ${a}`);
	}

	isolate(id: string): void {
		for (const other of this.nodes.keys()) if (other !== id) this.cut(id, other);
	}

	heal(): void {
		this.#cut.clear();
	}

	/** Heartbeats of the leader, delivered. */
	heartbeat(id: string): void {
		this.tick(id, 200);
		this.deliver();
	}

	snapshot(id: string, keepEntries: number): void {
		const node = this.node(id);
		const index = node.appliedIndex;
		const { raft } = node;
		const term = raft.termAt(index) ?? 0;
		const { configuration, index: configurationIndex } = raft.committedConfiguration;
		const meta = { index, term, configuration, configurationIndex };
		this.#snapshots.set(index, [...node.applied]);
		const compactIndex = Math.max(raft.compactedIndex, index - keepEntries);
		raft.snapshotTaken(meta, compactIndex);
		node.stored.snapshot = meta;
		node.stored.entries = node.stored.entries.filter((entry) => entry.index > compactIndex);
		this.say(`${id} snapshots ${index}/${term}, log from ${compactIndex + 1}`);
	}

	say(line: string): void {
		this.transcript.push(line);
	}

	#act(node: Node, outputs: readonly Output[]): void {
		for (const output of outputs) {
			if (output.kind === "call") this.#travelling.push({ kind: "request", from: node.id, call: output.call });
			else if (output.kind === "answer")
				this.#answer(node, output.token as Extract<Message, { kind: "request" }>, output.response);
			else if (output.kind === "install") {
				const { snapshot } = output.request;
				node.stored = { hardState: node.stored.hardState, entries: [], snapshot };
				node.applied = [...(this.#snapshots.get(snapshot.index) ?? [])];
				node.appliedIndex = snapshot.index;
				node.raft.installed(output.token, output.request);
				this.say(`${node.id} installs ${snapshot.index}/${snapshot.term}`);
			} else if (output.kind === "verified") this.say(`${node.id} may read ${output.token} at ${output.readIndex}`);
			else if (output.kind === "not-leader") this.say(`${node.id} may not read ${output.token}`);
			else this.say(`${node.id} transfer ${output.success ? "done" : "given up"}`);
		}
	}

	#answer(node: Node, request: Extract<Message, { kind: "request" }>, response: Response): void {
		this.#unanswered = this.#unanswered.filter(({ message }) => message !== request);
		this.#travelling.push({ kind: "response", from: node.id, to: request.from, call: request.call, response });
	}

	#deliver(message: Message): void {
		const to = this.node(message.kind === "request" ? message.call.to.id : message.to);
		if (this.#cut.has(`${message.from} ${to.id}`) || !to.running) {
			this.#fail(message);
			return;
		}
		const { request } = message.call;
		if (!(this.quietHeartbeats && request.kind === "append" && isHeartbeat(request)))
			this.say(
				`${message.from}->${to.id} ${message.kind === "request" ? told(request) : answered(request, message.response)}`,
			);
		const before = to.raft.role;
		if (message.kind === "request") {
			this.#unanswered.push({ at: to.id, message });
			to.raft.receive(request, message);
		} else to.raft.answered(message.call.id, message.response);
		if (before === "leader" && to.raft.role !== "leader") this.say(`${to.id} steps down`);
		if (before !== "leader" && to.raft.role === "leader") this.say(`${to.id} leads term ${to.raft.term}`);
		this.settle(to);
	}

	#fail(message: Message): void {
		const caller = this.node(message.kind === "request" ? message.from : message.to);
		if (!caller.running) return;
		caller.raft.callFailed(message.call.id);
		this.settle(caller);
	}

	#apply(node: Node): void {
		while (node.appliedIndex < node.raft.commitIndex) {
			const entry = node.raft.entryAt(++node.appliedIndex);
			if (entry === undefined) throw new Error(`${node.id} has no entry ${node.appliedIndex}`);
			if (entry.type !== "command") continue;
			node.applied.push(text(entry.data));
			this.say(`${node.id} applies ${entry.index} ${text(entry.data)}`);
		}
	}
}

export function address(id: string): string {
	return `${id}:8300`;
}

export function voterConfiguration(...ids: readonly string[]): Configuration {
	return { servers: ids.map((id) => ({ id, address: address(id), voter: true })) };
}

function keep(stored: StoredState, { hardState, entries }: Batch): void {
	if (hardState !== undefined) stored.hardState = hardState;
	const [first] = entries;
	if (first === undefined) return;
	stored.entries = [...stored.entries.filter(({ index }) => index < first.index), ...entries];
}

function told(request: Request): string {
	switch (request.kind) {
		case "append": {
			const { term, previous, entries, commitIndex } = request;
			if (isHeartbeat(request)) return `heartbeat t${term}`;
			const shown = entries.map(
				(entry) => `${entry.index}/${entry.term}${entry.type === "command" ? `:${text(entry.data)}` : ""}`,
			);
			return `append t${term} after ${previous.index}/${previous.term} [${shown.join(" ")}] commit ${commitIndex}`;
		}
		case "vote":
			return `vote? t${request.term} last ${request.last.index}/${request.last.term}${request.leadershipTransfer ? " (transfer)" : ""}`;
		case "pre-vote":
			return `pre-vote? t${request.term} last ${request.last.index}/${request.last.term}`;
		case "snapshot":
			return `snapshot t${request.term} ${request.snapshot.index}/${request.snapshot.term}`;
		case "timeout-now":
			return "timeout now";
	}
}

function answered(request: Request, { term, success, lastIndex }: Response): string {
	const word = success ? "yes" : "no";
	return request.kind === "append" && !isHeartbeat(request) ? `${word} t${term} last ${lastIndex}` : `${word} t${term}`;
}
