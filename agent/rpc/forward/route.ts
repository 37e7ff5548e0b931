import { errorCode } from "../../../lib/errors.ts";
import type { Endpoints, ReadOptions, WriteOptions } from "../endpoints.ts";
import { isTooOld } from "./caller.ts";
import { type Hold, mayTryAgain } from "./hold.ts";

/** Questions that are not put to the datacenter: they are answered from what is given to them, or at once from what is here. */
const localMethods: ReadonlySet<string> = new Set(["serviceNow", "nodeChecksOf", "sortNear"]);

/** What they bring can be read once only: made again they would bring half of it. */
const madeOnce: ReadonlySet<string> = new Set(["restore"]);

type AnyMethod = (...parameters: unknown[]) => Promise<unknown>;
type AnyFamily = Readonly<Record<string, AnyMethod>>;

export interface RouteParts {
	/** This server's; what only the leader may answer fails with `NO_LEADER` in it. */
	readonly own: Endpoints;
	/** The leader's. */
	readonly leader: Endpoints;
	/** This server leads, and its state is complete. */
	readonly leads: () => boolean;
	readonly hold: Hold;
}

/**
 * The endpoints of a server among others: at the leader and for stale reads its own, else the leader's. Who leads may change at any
 * moment, so a call that finds no leader is made again for a while.
 */
export function routeToLeader(parts: RouteParts): Endpoints {
	const { own, leader } = parts;
	const routed = Object.fromEntries(
		Object.entries(own).map(([name, family]) => {
			const remote = leader[name as keyof Endpoints];
			// Both are of the same interface.
			const route = () => routeFamily(family as AnyFamily, remote as unknown as AnyFamily | undefined, parts);
			return [name, name === "status" || name === "event" || remote === undefined ? family : route()];
		}),
	);
	return routed as unknown as Endpoints;
}

function routeFamily(own: AnyFamily, leader: AnyFamily | undefined, parts: RouteParts): AnyFamily {
	return Object.fromEntries(
		Object.entries(own).map(([name, method]) => {
			const remote = leader?.[name];
			if (localMethods.has(name) || remote === undefined) return [name, method];
			return [name, routeMethod(method, remote, { ...parts, tries: madeOnce.has(name) ? 1 : undefined })];
		}),
	);
}

/** Every method's last parameter is its options; one without has nothing that could be asked elsewhere. */
function routeMethod(
	own: AnyMethod,
	leader: AnyMethod,
	{ leads, hold, tries }: RouteParts & { readonly tries: 1 | undefined },
): AnyMethod {
	async function attempt(parameters: unknown[], options: Partial<ReadOptions> | undefined): Promise<unknown> {
		if (leads() || options === undefined) return own(...parameters);
		if (options.consistency !== "stale") return leader(...parameters);
		try {
			const answer = await own(...parameters);
			if (!isTooOld(answer, options.maxStaleMs)) return answer;
		} catch (error) {
			// What only a leader may do, whatever the question says of staleness.
			if (errorCode(error) !== "NO_LEADER") throw error;
		}
		return leader(...parameters.slice(0, -1), { ...options, consistency: "default" });
	}

	return (...parameters) => {
		const options = parameters.at(-1) as (WriteOptions & Partial<ReadOptions>) | undefined;
		const kind = {
			isRead: options !== undefined && options.consistency !== undefined,
			waitMs: (options?.minIndex ?? 0) > 0 ? (options?.maxWaitMs ?? 0) : 0,
			signal: options?.signal,
		};
		if (tries === 1) return attempt(parameters, options);
		const held = () => hold.run(() => attempt(parameters, options), kind);
		if (!leads()) return held();
		// Most calls end here; the way around costs as much processor time as a small read.
		return own(...parameters).catch((error: unknown) => {
			if (!mayTryAgain(error, kind.isRead)) throw error;
			return held();
		});
	};
}
