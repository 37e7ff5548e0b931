import type { Address, AppendFile, Clock, Disk, Timer } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { SerfEvent } from "./member.ts";

/** A member that was alive when the file was last written. */
export interface RememberedMember {
	readonly name: string;
	readonly address: Address;
}

/** What an earlier life knew. */
interface Remembered {
	readonly alive: ReadonlyMap<string, Address>;
	readonly clock: number;
	readonly eventClock: number;
	readonly queryClock: number;
}

export interface SnapshotClocks {
	readonly clock: number;
	readonly eventClock: number;
	readonly queryClock: number;
}

const flushIntervalMs = 500;
const compactAboveBytes = 128 * 1024;
const compactBytesPerMember = 256;
/** A larger file is not read: it is none of ours. */
const readSizeBytesMax = 64 * 1024 * 1024;

/**
 * The members and clocks in a file, as serf writes it (serf.md, section 7), for the next start. Nothing here is needed for
 * correctness: what cannot be written is logged and tried again.
 */
export interface PoolSnapshot {
	/** Members to join again; none after a leave. */
	readonly members: readonly RememberedMember[];
	readonly clocks: SnapshotClocks;
	/** To be called with everything that happens. */
	onEvent(event: SerfEvent): void;
	/** We left: the next start joins nobody, unless "rejoin after leave" was wanted. */
	leave(): Promise<void>;
	/** Writes what is not yet written and ends. Idempotent. */
	close(): Promise<void>;
}

/** Fails with the system's error when the file cannot be read or opened. */
export async function openSnapshot(parts: {
	readonly disk: Disk;
	/** Its folder must be there. */
	readonly path: string;
	readonly rejoinAfterLeave: boolean;
	readonly clock: Clock;
	readonly clocks: () => SnapshotClocks;
	readonly logger: Logger;
}): Promise<PoolSnapshot> {
	const { disk, path, clock, logger } = parts;
	const before = parseSnapshot(await disk.read(path), parts.rejoinAfterLeave);
	const alive = new Map(before.alive);
	let file: AppendFile = await disk.openAppend(path);
	let pending: string[] = [];
	let written: SnapshotClocks = before;
	let writing: Promise<void> = Promise.resolve();
	let timer: Timer | undefined;
	let closed = false;

	function clockLines(): readonly string[] {
		const now = parts.clocks();
		const lines: string[] = [];
		// A clock shows the next time; what is kept is the last one that was seen.
		if (now.clock - 1 > written.clock) lines.push(`clock: ${now.clock - 1}`);
		if (now.eventClock - 1 > written.eventClock) lines.push(`event-clock: ${now.eventClock - 1}`);
		if (now.queryClock - 1 > written.queryClock) lines.push(`query-clock: ${now.queryClock - 1}`);
		written = {
			clock: Math.max(written.clock, now.clock - 1),
			eventClock: Math.max(written.eventClock, now.eventClock - 1),
			queryClock: Math.max(written.queryClock, now.queryClock - 1),
		};
		return lines;
	}

	async function flush(): Promise<void> {
		const lines = [...pending, ...clockLines()];
		pending = [];
		if (lines.length > 0) await file.append([encode(lines)]);
		if (file.sizeBytes > Math.max(compactAboveBytes, compactBytesPerMember * alive.size)) await compact();
	}

	async function compact(): Promise<void> {
		const members = [...alive].map(([name, address]) => aliveLine(name, address));
		const { clock: time, eventClock, queryClock } = written;
		const clocks = [`clock: ${time}`, `event-clock: ${eventClock}`, `query-clock: ${queryClock}`];
		await file.close();
		await disk.writeAtomic(path, encode([...members, ...clocks]), 0o600);
		file = await disk.openAppend(path);
	}

	function later(): void {
		timer = clock.after(flushIntervalMs, () => {
			if (closed) return;
			writing = flush().catch((error: unknown) => logger.warn(`snapshot ${path}: ${errorMessage(error)}`));
			void writing.then(later);
		});
	}
	later();

	return {
		members: [...before.alive].map(([name, address]) => ({ name, address })),
		clocks: { clock: before.clock, eventClock: before.eventClock, queryClock: before.queryClock },
		onEvent(event) {
			if (closed || !("member" in event)) return;
			const { name, address } = event.member;
			if (event.kind === "join" || event.kind === "update") {
				alive.set(name, address);
				pending.push(aliveLine(name, address));
			} else if (alive.delete(name)) pending.push(`not-alive: ${name}`);
		},
		async leave() {
			if (!parts.rejoinAfterLeave) alive.clear();
			pending.push("leave");
			await writing;
			await flush();
			await file.sync();
		},
		async close() {
			if (closed) return;
			closed = true;
			timer?.cancel();
			await writing;
			await flush();
			await file.close();
		},
	};
}

/** Lines that are malformed are passed over, as a cut last one is. */
function parseSnapshot(content: Uint8Array | undefined, rejoinAfterLeave: boolean): Remembered {
	const alive = new Map<string, Address>();
	const clocks = { clock: 0, eventClock: 0, queryClock: 0 };
	const text = content === undefined || content.length > readSizeBytesMax ? "" : new TextDecoder().decode(content);
	for (const line of text.split("\n")) {
		const [, key = "", value = ""] = /^([a-z-]+)(?:: (.*))?$/.exec(line) ?? [];
		if (key === "alive") {
			const [, name = "", host = "", port = ""] = /^(.*) \[?([0-9a-fA-F.:]+?)\]?:(\d+)$/.exec(value) ?? [];
			if (name !== "") alive.set(name, { host, port: Number(port) });
		} else if (key === "not-alive") alive.delete(value);
		else if (key === "clock") clocks.clock = timeOf(value, clocks.clock);
		else if (key === "event-clock") clocks.eventClock = timeOf(value, clocks.eventClock);
		else if (key === "query-clock") clocks.queryClock = timeOf(value, clocks.queryClock);
		else if (key === "leave" && !rejoinAfterLeave) {
			alive.clear();
			Object.assign(clocks, { clock: 0, eventClock: 0, queryClock: 0 });
		}
	}
	return { alive, ...clocks };
}

function timeOf(text: string, otherwise: number): number {
	const time = Number(text);
	return /^\d+$/.test(text) && Number.isSafeInteger(time) ? time : otherwise;
}

function aliveLine(name: string, { host, port }: Address): string {
	return `alive: ${name} ${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function encode(lines: readonly string[]): Uint8Array {
	return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
