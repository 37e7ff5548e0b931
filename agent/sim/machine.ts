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
 */
export class Machine {
	readonly #heldTimers: (() => void)[] = [];
	readonly #heldArrivals: (() => void)[] = [];
	#heldPacketBytes = 0;
	#running = true;
	#paused = false;
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
	}

	pause(): void {
		this.#paused = true;
	}

	/** What waited happens now: first the timers, as an event loop does it, then what has arrived, each in its order. */
	resume(): void {
		this.#paused = false;
		this.#heldPacketBytes = 0;
		for (const held of [this.#heldTimers, this.#heldArrivals])
			while (held.length > 0 && !this.#paused) held.shift()?.();
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
					this.#run(this.#heldTimers, () => {
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
						socket.send(packet, to);
					},
					close: () => socket.close(),
				};
			},
			listen: (local, onConnection) =>
				network.listen(local, (connection) =>
					this.#run(this.#heldArrivals, () => onConnection(this.#connection(connection))),
				),
			connect: async (to, options) => {
				const connection = await network.connect(to, options);
				await this.#untilRunning();
				return this.#connection(connection);
			},
		};
	}

	#receive(packet: Uint8Array, from: Address, onPacket: (packet: Uint8Array, from: Address) => void): void {
		if (this.#paused) {
			if (this.#heldPacketBytes + packet.length > heldPacketBytesMax) return;
			this.#heldPacketBytes += packet.length;
		}
		this.#run(this.#heldArrivals, () => onPacket(packet, from));
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
		if (this.#paused) await new Promise<void>((resolve) => this.#heldArrivals.push(resolve));
	}

	#run(held: (() => void)[], callback: () => void): void {
		if (!this.#running) return;
		if (this.#paused || held.length > 0) held.push(callback);
		else callback();
	}
}
