import { FakeDisk } from "../../../lib/env/fake.ts";
import type { Clock } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { type CommandResult, stateMachine } from "../../fsm/index.ts";
import { type Peer, RaftLog, type RaftLogOptions, type ReplicatedLog, type StateMachine } from "../../raft/index.ts";
import { createServerEndpoints, type Endpoints } from "../../rpc/index.ts";
import { StateStore } from "../../state/index.ts";
import { Machine } from "../machine.ts";
import { simulatedTransport } from "./network.ts";
import { type Inhabitant, timings, type World } from "./world.ts";

type Request = Parameters<RaftLog<CommandResult>["handle"]>[0];
type Response = Awaited<ReturnType<RaftLog<CommandResult>["handle"]>>;
type FullEndpoints = Required<Pick<Endpoints, "kv" | "session" | "catalog">>;

/** One server of a simulated cluster: its disk outlives it. */
export class SimulatedServer implements Inhabitant {
	readonly id: string;
	readonly address: string;
	readonly #world: World;
	readonly #members: readonly Peer[];
	#disk: FakeDisk;
	#machine = new Machine();
	#clock: Clock;
	/** Longest time that an operation of its disk takes. */
	diskDelayMsMax = 4;
	/** Counts boots. */
	life = 0;
	log: RaftLog<CommandResult> | undefined;
	store: StateStore | undefined;
	endpoints: FullEndpoints | undefined;
	/** When it last began with a state whose past it did not see. */
	stateSinceMs = 0;
	failedWith: DiscoError | undefined;

	/** `members` begin the cluster. */
	constructor(world: World, self: Peer, members: readonly Peer[]) {
		this.#world = world;
		this.#members = members;
		this.id = self.id;
		this.address = self.address;
		this.#clock = this.#machine.clock(world.clock);
		this.#disk = new FakeDisk({ delay: () => this.#diskDelay() });
	}

	get isUp(): boolean {
		return this.#machine.isRunning && this.log !== undefined && this.failedWith === undefined;
	}

	get isOn(): boolean {
		return this.#machine.isRunning && this.life > 0;
	}

	get isPaused(): boolean {
		return this.#machine.isPaused;
	}

	get leads(): boolean {
		return this.isUp && this.log?.state().role === "leader";
	}

	/** Its timers run only while it does. */
	get gatedClock(): Clock {
		return this.#clock;
	}

	/** Switches it on. With `first`, it begins a cluster of all servers. */
	boot(first = false): void {
		const world = this.#world;
		this.life++;
		this.#machine = new Machine();
		this.#clock = this.#machine.clock(world.clock);
		this.log = undefined;
		this.failedWith = undefined;
		this.stateSinceMs = world.clock.monotonicMs();
		world.trace(`${this.id} boots`);
		void this.#start(first);
	}

	/** The power goes. */
	crash(): void {
		if (!this.isOn) return;
		this.#machine.stop();
		this.#disk = this.#disk.crash(this.#world.random);
		this.log = undefined;
		this.#world.trace(`${this.id} crashes`);
	}

	pause(): void {
		this.#world.trace(`${this.id} is paused`);
		this.#machine.pause();
	}

	resume(): void {
		this.#world.trace(`${this.id} goes on`);
		this.#machine.resume();
	}

	/** The next operation of this kind fails; a program stops then. */
	breakDisk(kind: "append" | "sync" | "write"): void {
		this.#world.trace(`${this.id} disk: the next ${kind} fails`);
		this.#disk.plant((operation) => {
			if (operation !== kind) return undefined;
			this.#disk.plant(undefined);
			return new DiscoError(kind === "sync" ? "EIO" : "ENOSPC", `${kind} failed`);
		});
	}

	/** Its disk is repaired. */
	mendDisk(): void {
		this.diskDelayMsMax = 4;
		this.#disk.plant(undefined);
	}

	async handle(request: Request, state?: AsyncIterable<Uint8Array>): Promise<Response> {
		if (this.log === undefined) throw new DiscoError("CONNECTION_REFUSED", `${this.id} does not run`);
		return this.log.handle(request, state);
	}

	async #start(first: boolean): Promise<void> {
		const world = this.#world;
		const { life } = this;
		const clock = this.#clock;
		const store = new StateStore({ wakeSlices: (slice) => void clock.after(0, slice) });
		const { sabotage } = world.options;
		let leads = false;
		const observers: ((leads: boolean) => void)[] = [];
		const options: RaftLogOptions<CommandResult> = {
			self: { id: this.id, address: this.address },
			clock,
			disk: sabotage?.disk?.(this.#disk) ?? this.#disk,
			folder: "raft",
			random: world.random,
			machine: this.#watched(stateMachine(store)),
			transport: simulatedTransport(world, this, clock),
			timings: { ...timings, leaderLeaseTimeoutMs: sabotage?.leaderLeaseTimeoutMs ?? timings.leaderLeaseTimeoutMs },
			snapshotAfterEntries: 60,
			trailingEntries: 20,
			...(sabotage?.rules === undefined ? {} : { rules: sabotage.rules }),
			onFailed: (error) => this.#failed(error),
			onElected: (term) => world.invariants.leads(this.id, term),
			onLeading: (now) => {
				leads = now;
				for (const observer of observers) observer(now);
			},
		};
		const log = new RaftLog<CommandResult>(options);
		try {
			await log.start();
		} catch (error) {
			this.#failed(error as DiscoError);
			// A disk that fails is a fault of the simulation; damage that was found is not.
			if ((error as DiscoError).code.startsWith("LOG_")) world.invariants.broken(`${this.id} does not start: ${error}`);
			return;
		}
		if (this.life !== life) return;
		if (first) log.bootstrap({ servers: this.#members.map((member) => ({ ...member, voter: true })) });
		this.log = log;
		this.store = store;
		this.endpoints = createServerEndpoints({
			store,
			log: sabotage?.unverifiedReads === true ? unverified(log) : log,
			clock,
			random: world.random,
			datacenter: "dc1",
			leaderAddress: () => log.cluster().leader?.address ?? "",
			peerAddresses: () => [],
			leadership: { leads: () => leads, observe: (observer) => void observers.push(observer) },
		}) as FullEndpoints;
		store.observe({
			sessionEnded: ({ session, keys }) => {
				// Who ends without a lock, having given it back before, delays nobody.
				if (keys.length > 0) world.invariants.sessionEnded(session.id, world.clock.monotonicMs());
			},
			restored: () => {
				this.stateSinceMs = world.clock.monotonicMs();
			},
		});
	}

	#failed(error: DiscoError): void {
		this.failedWith = error;
		// Nothing but a disk may stop a server.
		if (error.message.includes("invariant broken")) this.#world.invariants.broken(`${this.id}: ${error.message}`);
		this.#world.trace(`${this.id} stops: ${error.message}`);
	}

	#watched(machine: StateMachine<CommandResult>): StateMachine<CommandResult> {
		return {
			apply: (index, command) => {
				this.#world.invariants.applied(this.id, index, command);
				return machine.apply(index, command);
			},
			snapshot: () => machine.snapshot(),
			restore: (pieces) => machine.restore(pieces),
		};
	}

	#diskDelay(): Promise<void> {
		return new Promise((resolve) => {
			this.#clock.after(this.#world.between(0, this.diskDelayMsMax), resolve);
		});
	}
}

function unverified<Result>(log: RaftLog<Result>): ReplicatedLog<Result> {
	return {
		start: () => log.start(),
		propose: (command) => log.propose(command),
		verifyLeader: async () => {
			if (log.state().role !== "leader") throw new DiscoError("NO_LEADER", "not the leader");
		},
		barrier: () => log.barrier(),
		restore: (snapshot) => log.restore(snapshot),
		state: () => log.state(),
		close: () => log.close(),
	};
}
