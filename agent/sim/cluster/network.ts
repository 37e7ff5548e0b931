import type { Clock } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import type { RaftTransport } from "../../raft/index.ts";
import type { Call, Inhabitant, World } from "./world.ts";

type Answer = Awaited<ReturnType<RaftTransport["call"]>>;

/** What is held by the network, because of a partition, is tried again after this long. */
const retryMs = 400;
const chunkBytes = 4096;

/**
 * Raft's calls between simulated servers. As over TCP, the calls of one kind between two servers keep their order, and a break
 * is noticed by both; in a wild world they come in any order, and sometimes twice.
 */
export function simulatedTransport(world: World, from: Inhabitant, clock: Clock): RaftTransport {
	/** When the last call of a lane arrives. */
	const arrivals = new Map<string, number>();

	return {
		call: (call, state) =>
			new Promise((resolve, reject) => {
				const to = world.inhabitants.get(call.to.id);
				if (to === undefined) return reject(noAnswer("no such server"));
				const life = to.life;
				const timeoutMs = call.timeoutMs + (state === undefined ? 0 : state.sizeBytes / 100);
				const timer = clock.after(timeoutMs, () => reject(noAnswer("time is over")));
				const answer = (given: Answer) => {
					travel(world, { from: to.id, to: from.id }, arrivals, `${call.to.id} back ${laneOf(call)}`, clock, () => {
						timer.cancel();
						resolve(given);
					});
				};
				const broken = () => {
					timer.cancel();
					reject(noAnswer("the connection broke"));
				};
				const pieces = state === undefined ? undefined : [...state.pieces].map((piece) => piece.slice());
				const deliver = () => {
					if (to.life !== life || !to.isUp) return broken();
					const chunks = pieces === undefined ? undefined : chunksOf(world, from, to, pieces);
					to.handle(call.request, chunks).then(answer, broken);
				};
				const path = { from: from.id, to: to.id };
				travel(world, path, arrivals, `${call.to.id} ${laneOf(call)}`, to.gatedClock, deliver);
				const again = world.wild && state === undefined && world.chance(0.05);
				if (again)
					travel(world, path, arrivals, "", to.gatedClock, () => {
						if (to.life === life && to.isUp) to.handle(call.request).catch(() => undefined);
					});
			}),
	};
}

/** Heartbeats have a connection of their own, and so have snapshots; the rest is in order. */
function laneOf({ request }: Call): string {
	if (request.kind !== "append") return request.kind === "snapshot" ? "snapshot" : "votes";
	return request.entries.length === 0 && request.commitIndex === 0 ? "heartbeats" : "entries";
}

function travel(
	world: World,
	path: { readonly from: string; readonly to: string },
	arrivals: Map<string, number>,
	lane: string,
	clock: Clock,
	arrive: () => void,
): void {
	const delayMs = world.weather.stream(path.from, path.to);
	if (delayMs === undefined) {
		clock.after(retryMs, () => travel(world, path, arrivals, lane, clock, arrive));
		return;
	}
	// A lost packet is sent again, and what follows it waits.
	const lostMs = world.chance(world.weather.faults.lossRate) ? retryMs : 0;
	const nowMs = clock.monotonicMs();
	const ordered = !world.wild && lane !== "";
	const atMs = Math.max(nowMs + delayMs + lostMs, ordered ? (arrivals.get(lane) ?? 0) : 0);
	if (ordered) arrivals.set(lane, atMs);
	clock.after(atMs - nowMs, arrive);
}

async function* chunksOf(
	world: World,
	from: Inhabitant,
	to: Inhabitant,
	pieces: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
	const { life } = from;
	for (const piece of pieces)
		for (let at = 0; at < piece.length; at += chunkBytes) {
			await world.sleep(1);
			if (from.life !== life || world.weather.stream(from.id, to.id) === undefined)
				throw noAnswer("the connection broke");
			yield piece.subarray(at, at + chunkBytes);
		}
}

function noAnswer(why: string): DiscoError {
	return new DiscoError("CONNECTION_LOST", why, { retryable: true });
}
