import { type Clock, type Random, shuffle } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import type { Coordinate } from "../../state/index.ts";
import type { DatacenterCoordinates } from "../endpoints.ts";
import { datacenterUnknown } from "../error-texts.ts";
import { distanceSeconds } from "../near.ts";

/** The order in which a datacenter's servers are asked is made anew so often, so that calls spread over servers that come. */
const orderMsMin = 120_000;
/** The one pool in which servers of several datacenters meet, as the reference calls it. */
const area = "wan";

/** A server of any datacenter, this one's included, as the pool of all datacenters' servers shows it. */
export interface WanServer {
	/** Node name in its datacenter. */
	readonly node: string;
	readonly datacenter: string;
	/** `host:port` of its server port. */
	readonly address: string;
	readonly isAlive: boolean;
	/** Undefined while nothing was measured. */
	readonly coordinate: Coordinate | undefined;
}

/** Which datacenters there are, how far they are, and which of their servers is asked. Opens nothing. */
export interface DatacenterRouter {
	/** Nearest first: this one, then by the median of the distances to the servers, then by name. */
	names(): readonly string[];
	coordinates(): readonly DatacenterCoordinates[];
	/**
	 * `host:port` of the servers to ask, one after the other. Fails with `DATACENTER_UNKNOWN`, or `DATACENTER_UNREACHABLE` when all
	 * its servers have failed.
	 */
	route(datacenter: string): readonly string[];
	/** That server did not answer: it is asked last from now on. */
	failed(datacenter: string, address: string): void;
}

export function createDatacenterRouter(parts: {
	/** This agent's. */
	readonly datacenter: string;
	/** All that are known and have not left. */
	readonly servers: () => readonly WanServer[];
	/** This server's own; where distances are measured from. */
	readonly coordinate: () => Coordinate | undefined;
	readonly clock: Clock;
	readonly random: Random;
}): DatacenterRouter {
	const { datacenter: own, servers, clock, random } = parts;
	const orders = new Map<string, { readonly addresses: readonly string[]; readonly untilMs: number }>();

	function byDatacenter(): Map<string, WanServer[]> {
		const found = new Map<string, WanServer[]>();
		for (const server of servers()) {
			const known = found.get(server.datacenter);
			if (known === undefined) found.set(server.datacenter, [server]);
			else known.push(server);
		}
		return found;
	}

	function names(): readonly string[] {
		const from = parts.coordinate();
		const all = byDatacenter();
		if (!all.has(own)) all.set(own, []);
		return [...all]
			.map(([name, list]) => ({ name, seconds: name === own ? -1 : medianSeconds(from, list) }))
			.sort((a, b) => (a.seconds === b.seconds ? (a.name < b.name ? -1 : 1) : a.seconds - b.seconds))
			.map(({ name }) => name);
	}

	/** Those that stayed as they were, new ones at random places behind them. */
	function ordered(datacenter: string, alive: readonly string[]): readonly string[] {
		const nowMs = clock.monotonicMs();
		const before = orders.get(datacenter);
		const isCurrent = before !== undefined && nowMs < before.untilMs;
		const stayed = isCurrent ? before.addresses.filter((each) => alive.includes(each)) : [];
		const come = shuffle(
			alive.filter((each) => !stayed.includes(each)),
			random,
		);
		const addresses = [...stayed, ...come];
		const untilMs = isCurrent ? before.untilMs : nowMs + orderMsMin * (1 + random.next() / 2);
		orders.set(datacenter, { addresses, untilMs });
		return addresses;
	}

	return {
		names,
		coordinates() {
			const all = byDatacenter();
			return names().map((datacenter) => ({
				datacenter,
				area,
				servers: (all.get(datacenter) ?? []).flatMap(({ node, coordinate }) =>
					coordinate === undefined ? [] : [{ node, segment: "", coordinate }],
				),
			}));
		},
		route(datacenter) {
			const known = byDatacenter().get(datacenter);
			if (known === undefined) {
				orders.delete(datacenter);
				throw datacenterUnknown(datacenter);
			}
			const alive = known.filter(({ isAlive }) => isAlive).map(({ address }) => address);
			if (alive.length > 0) return ordered(datacenter, alive);
			orders.delete(datacenter);
			throw datacenterUnreachable(datacenter, "all its servers have failed");
		},
		failed(datacenter, address) {
			const order = orders.get(datacenter);
			if (order === undefined || !order.addresses.includes(address)) return;
			const addresses = [...order.addresses.filter((each) => each !== address), address];
			orders.set(datacenter, { ...order, addresses });
		},
	};
}

/** The text begins with the reference's, which callers look for. */
export function datacenterUnreachable(datacenter: string, why: string, cause?: unknown): DiscoError {
	const text = `Remote DC has no server currently reachable: ${datacenter}: ${why}`;
	return new DiscoError("DATACENTER_UNREACHABLE", text, { retryable: true, cause });
}

/** The upper middle; infinite for what was not measured. */
function medianSeconds(from: Coordinate | undefined, servers: readonly WanServer[]): number {
	const distances = servers
		.map(({ coordinate }) =>
			from === undefined || coordinate === undefined ? Number.POSITIVE_INFINITY : distanceSeconds(from, coordinate),
		)
		.sort((a, b) => (a === b ? 0 : a - b));
	return distances[Math.floor(distances.length / 2)] ?? Number.POSITIVE_INFINITY;
}
