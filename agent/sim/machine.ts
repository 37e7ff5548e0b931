import type { Address, Clock, Connection, Disk, Network, Random } from "../../lib/env/index.ts";

/** What a program in the simulation is given; all of it is of no use any more after its node crashed. */
export interface Surroundings {
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	readonly disk: Disk;
}

/** What a stopped machine's kernel keeps of datagrams; more is lost (Linux' default receive buffer). */
const heldPacketBytesMax = 212_992;

/**
 * One life of a machine, from boot to crash. While it is paused (a stopped virtual machine, a swapping one, a long garbage
 * collection) its program does not run: timers that become due wait, packets wait up to the kernel's buffer, streams wait.
 * While it is jammed its program runs, and what it sends and receives waits: a member whose messages are slow while its timers are
 * not, the anomaly of the Lifeguard paper (Dadgar et al. 2018, section V.B).
 */
export class Machine {
	readonly #heldTimers: (() => void)[] = [];
	readonly #heldArrivals: (() => void)[] = [];
	readonly #heldDepartures: (() => void)[] = [];
	#heldPacketBytes = 0;
	#running = true;
	#paused = false;
	#jammed = false;
	#clockOffsetMs = 0;
	/** Datagrams sent. */
	packetCount = 0;
	packetBytes = 0;

	get isPaused(): boolean {
		return this.#paused;
	}

	get isRunning(): boolean {
		return this.#running;
	}

	/** Its timers and what waited are gone for good. */
	stop(): void {
		this.#running = false;
		this.#heldTimers.length = 0;
		this.#heldArrivals.length = 0;
		this.#heldDepartures.length = 0;
	}

	pause(): void {
		this.#paused = true;
	}

	/** What waited happens now: first the timers, as an event loop does it, then what has arrived, each in its order. */
	resume(): void {
		this.#paused = false;
		this.#goOn();
	}

	jam(): void {
		this.#jammed = true;
	}

	/** What waited leaves, then what waited arrives, each in its order. */
	unjam(): void {
		this.#jammed = false;
		this.#goOn();
	}

	#goOn(): void {
		while (this.#heldTimers.length > 0 && !this.#paused) this.#heldTimers.shift()?.();
		while (this.#heldDepartures.length > 0 && !this.#jammed) this.#heldDepartures.shift()?.();
		if (!this.#isDeaf) this.#heldPacketBytes = 0;
		while (this.#heldArrivals.length > 0 && !this.#isDeaf) this.#heldArrivals.shift()?.();
	}

	/** Moves the wall clock; the monotonic one is not touched. */
	jumpClock(ms: number): void {
		this.#clockOffsetMs += ms;
	}

	clock(clock: Clock): Clock {
		return {
			nowMs: () => clock.nowMs() + this.#clockOffsetMs,
			monotonicMs: () => clock.monotonicMs(),
			after: (delayMs, callback) => {
				let cancelled = false;
				const timer = clock.after(delayMs, () =>
					this.#run(this.#paused, this.#heldTimers, () => {
						if (!cancelled) callback();
					}),
				);
				return {
					cancel: () => {
						cancelled = true;
						timer.cancel();
					},
				};
			},
		};
	}

	network(network: Network): Network {
		return {
			bindDatagram: async (local, onPacket) => {
				const socket = await network.bindDatagram(local, (packet, from) => this.#receive(packet, from, onPacket));
				return {
					local: socket.local,
					send: (packet, to) => {
						this.packetCount++;
						this.packetBytes += packet.length;
						this.#run(this.#jammed, this.#heldDepartures, () => socket.send(packet, to));
					},
					close: () => socket.close(),
				};
			},
			listen: (local, onConnection) =>
				network.listen(local, (connection) =>
					this.#run(this.#isDeaf, this.#heldArrivals, () => onConnection(this.#connection(connection))),
				),
			connect: async (to, options) => {
				const connection = await network.connect(to, options);
				await this.#untilRunning();
				return this.#connection(connection);
			},
		};
	}

	#receive(packet: Uint8Array, from: Address, onPacket: (packet: Uint8Array, from: Address) => void): void {
		if (this.#isDeaf) {
			if (this.#heldPacketBytes + packet.length > heldPacketBytesMax) return;
			this.#heldPacketBytes += packet.length;
		}
		this.#run(this.#isDeaf, this.#heldArrivals, () => onPacket(packet, from));
	}

	get #isDeaf(): boolean {
		return this.#paused || this.#jammed;
	}

	#connection(connection: Connection): Connection {
		const untilRunning = () => this.#untilRunning();
		async function* incoming(): AsyncGenerator<Uint8Array> {
			for await (const chunk of connection.incoming) {
				await untilRunning();
				yield chunk;
			}
		}
		return {
			remote: connection.remote,
			write: (bytes) => connection.write(bytes),
			incoming: incoming(),
			close: () => connection.close(),
		};
	}

	async #untilRunning(): Promise<void> {
		if (this.#isDeaf) await new Promise<void>((resolve) => this.#heldArrivals.push(resolve));
	}

	#run(mustWait: boolean, held: (() => void)[], callback: () => void): void {
		if (!this.#running) return;
		if (mustWait || held.length > 0) held.push(callback);
		else callback();
	}
}
