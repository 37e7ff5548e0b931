import { RE2JS } from "re2js";
import { type Clock, type Random, uuid } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { EndSignal, EventEndpoints, UserEvent } from "./endpoints.ts";
import { datacenterUnknown } from "./error-texts.ts";

/** Events that are remembered; a further one pushes out the oldest. */
const eventsMax = 256;
/** Of an event as gossip carries it, everything included. */
const encodedSizeBytesMax = 512;
/** Lists that may wait at the same time; one more answers at once with what is there. */
const waitersMax = 10_000;
const formVersion = 1;

/** What decides whether an event with filters is meant for this agent. */
export interface EventAudience {
	readonly node: string;
	/** Services that are registered at this agent. */
	readonly services: () => Iterable<{ readonly name: string; readonly tags: readonly string[] }>;
}

/**
 * User events of this agent: a bounded ring in memory. They are no part of the agreed state; gossip carries them from agent to
 * agent (`send`), each keeps those that are meant for it.
 */
export function eventEndpoints(parts: {
	readonly clock: Clock;
	readonly random: Random;
	readonly audience: EventAudience;
	/** Gives an event to the others; without gossip there are none. */
	readonly send?: (event: UserEvent) => void;
	/** This agent's. */
	readonly datacenter?: string;
	/** Gives an event to another datacenter's agents. Fails with `DATACENTER_UNKNOWN` or as calls do. */
	readonly sendElsewhere?: (event: UserEvent, datacenter: string) => Promise<void>;
}): EventEndpoints {
	const { clock, random, audience } = parts;
	const events: UserEvent[] = [];
	const waiting = new Set<() => void>();
	let lamportTime = 0;

	function receive(event: UserEvent): void {
		lamportTime = Math.max(lamportTime, event.lamportTime);
		if (!isMeantFor(event, audience)) return;
		events.push(Object.freeze(event));
		if (events.length > eventsMax) events.shift();
		for (const wake of [...waiting]) wake();
	}

	function list(name: string | undefined): { readonly value: readonly UserEvent[]; readonly index: bigint } {
		const value = name === undefined || name === "" ? [...events] : events.filter((event) => event.name === name);
		const newest = value.at(-1);
		return { value, index: newest === undefined ? 1n : eventIndex(newest.id) };
	}

	/** Resolves with the next event, at the end of the time, or when whoever asked has gone. */
	function nextEvent(leftMs: number, signal: EndSignal | undefined): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				waiting.delete(done);
				timer.cancel();
				signal?.removeEventListener("abort", done);
				resolve();
			};
			const timer = clock.after(leftMs, done);
			waiting.add(done);
			if (signal?.aborted === true) done();
			else signal?.addEventListener("abort", done, { once: true });
		});
	}

	return {
		async fire(wanted, { datacenter }) {
			assertEvent(wanted);
			const event = { ...wanted, id: uuid(random), version: formVersion, lamportTime: 0 };
			assertSize(event, lamportTime + 1);
			if (datacenter !== "" && datacenter !== (parts.datacenter ?? datacenter)) {
				if (parts.sendElsewhere === undefined) throw datacenterUnknown(datacenter);
				await parts.sendElsewhere(event, datacenter);
				return event;
			}
			const sent = { ...event, lamportTime: lamportTime + 1 };
			receive(sent);
			parts.send?.(sent);
			return event;
		},
		async list({ name }, { index, maxWaitMs, signal }) {
			const untilMs = clock.monotonicMs() + maxWaitMs;
			for (;;) {
				const found = list(name);
				const leftMs = untilMs - clock.monotonicMs();
				// The index says "another", not "later": any other one is news.
				const news = index === 0n || found.index !== index;
				if (news || leftMs <= 0 || signal?.aborted === true || waiting.size >= waitersMax) return found;
				await nextEvent(leftMs, signal);
			}
		},
		receive,
	};
}

/** The id's two halves, one XOR the other (recorded behaviour): not monotonic, 0 to 2^64-1. */
export function eventIndex(id: string): bigint {
	const digits = id.replaceAll("-", "");
	return BigInt(`0x${digits.slice(0, 16)}`) ^ BigInt(`0x${digits.slice(16)}`);
}

/** Whether node, services and their tags fit the event's filters. */
function isMeantFor(event: UserEvent, { node, services }: EventAudience): boolean {
	const { nodeFilter, serviceFilter, tagFilter } = event;
	if (nodeFilter !== "" && !matches(nodeFilter, node)) return false;
	if (serviceFilter === "") return true;
	for (const { name, tags } of services())
		if (matches(serviceFilter, name) && (tagFilter === "" || tags.some((tag) => matches(tagFilter, tag)))) return true;
	return false;
}

/** What came from elsewhere may hold an expression that does not compile: it fits nothing. */
function matches(filter: string, text: string): boolean {
	try {
		return RE2JS.compile(filter).matcher(text).find();
	} catch {
		return false;
	}
}

/** Texts as recorded or measured. */
function assertEvent(event: Parameters<EventEndpoints["fire"]>[0]): void {
	if (event.name === "") throw invalid("Missing name");
	if (event.tagFilter !== "" && event.serviceFilter === "")
		throw invalid("Cannot provide tag filter without service filter");
	for (const kind of ["node", "service", "tag"] as const) {
		try {
			RE2JS.compile(event[`${kind}Filter`]);
		} catch (error) {
			const why = errorMessage(error).replace(/^error parsing regexp: /, "");
			throw invalid(`Invalid ${kind} filter: error parsing regexp: ${why}`);
		}
	}
}

/** As serf counts: its frame in MessagePack around ours, so that an event that fits here fits everywhere. */
function assertSize(event: UserEvent, atLamportTime: number): void {
	const optional = [
		{ field: "n", length: bytesOf(event.name) },
		{ field: "p", length: event.payload.length },
		{ field: "nf", length: bytesOf(event.nodeFilter) },
		{ field: "sf", length: bytesOf(event.serviceFilter) },
		{ field: "tf", length: bytesOf(event.tagFilter) },
	].filter(({ length }) => length > 0);
	const ours = 1 + fieldSize("ID", event.id.length) + fieldSize("v", 0) + 1;
	const payload = optional.reduce((sum, { field, length }) => sum + fieldSize(field, length), ours);
	const time = atLamportTime < 128 ? 1 : atLamportTime < 256 ? 2 : atLamportTime < 65_536 ? 3 : 5;
	const name = bytesOf(`consul:event:${event.name}`);
	// A type byte, the frame, and its four fields.
	const encoded =
		2 +
		(fieldSize("LTime", 0) + time) +
		fieldSize("Name", name) +
		fieldSize("Payload", payload) +
		(fieldSize("CC", 0) + 1);
	if (encoded <= encodedSizeBytesMax) return;
	throw new DiscoError(
		"EVENT_TOO_LARGE",
		`error broadcasting event: user event exceeds configured limit of ${encodedSizeBytesMax} bytes after encoding; it has ${encoded}`,
	);
}

/** Of a field with a text or bytes in MessagePack; 0 for the key alone. */
function fieldSize(field: string, length: number): number {
	const key = 1 + field.length;
	if (length === 0) return key;
	return key + length + (length < 32 ? 1 : length < 256 ? 2 : 3);
}

function bytesOf(text: string): number {
	return new TextEncoder().encode(text).length;
}

function invalid(message: string): DiscoError {
	return new DiscoError("EVENT_INVALID", message);
}
