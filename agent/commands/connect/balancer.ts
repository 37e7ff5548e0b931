import type { ServiceEntry } from "../../../lib/api/index.ts";

/** An instance that connections may go to. */
export interface Target {
	/** `NODE/SERVICE-ID`. */
	readonly id: string;
	readonly host: string;
	readonly port: number;
	/** 1 or more: an instance of weight 2 gets twice the connections of one of weight 1. */
	readonly weight: number;
}

/** Spreads connections over the instances of one service. */
export interface Balancer {
	/** What is there from now on. Connections that are open stay counted where they are. */
	update(targets: readonly Target[]): void;
	/**
	 * The instance with the least connections for its weight, at random among equals; none of `tried`. One that could not be reached
	 * lately is taken when there is no other.
	 */
	choose(tried: ReadonlySet<string>): Target | undefined;
	opened(id: string): void;
	closed(id: string): void;
	/** It could not be reached: it is avoided for a while. */
	failed(id: string): void;
}

/** So long an instance that could not be reached comes last. */
const avoidMs = 5_000;

/**
 * The instances that may get connections: those of which all checks pass, and when there is none, those with warnings. Draining and
 * maintenance are critical checks, so that such an instance gets no new connection. Pure.
 */
export function targetsOf(entries: readonly ServiceEntry[]): readonly Target[] {
	const withStatus = (wanted: "passing" | "warning") =>
		entries.flatMap(({ Node, Service, Checks }) => {
			const statuses = Checks.map(({ Status }) => Status);
			const worst = statuses.includes("critical") ? "critical" : statuses.includes("warning") ? "warning" : "passing";
			if (worst !== wanted) return [];
			const weight = wanted === "passing" ? Service.Weights?.Passing : Service.Weights?.Warning;
			return {
				id: `${Node.Node}/${Service.ID}`,
				host: Service.Address === "" ? Node.Address : Service.Address,
				port: Service.Port,
				weight: Math.max(1, weight ?? 1),
			};
		});
	const passing = withStatus("passing");
	return passing.length > 0 ? passing : withStatus("warning");
}

export function createBalancer(nowMs: () => number, random: () => number): Balancer {
	let targets: readonly Target[] = [];
	const open = new Map<string, number>();
	const avoidedUntilMs = new Map<string, number>();
	return {
		update(next) {
			targets = next;
			const known = new Set(next.map(({ id }) => id));
			for (const id of avoidedUntilMs.keys()) if (!known.has(id)) avoidedUntilMs.delete(id);
		},
		choose(tried) {
			const left = targets.filter(({ id }) => !tried.has(id));
			const reachable = left.filter(({ id }) => (avoidedUntilMs.get(id) ?? 0) <= nowMs());
			const candidates = reachable.length > 0 ? reachable : left;
			const loads = candidates.map(({ id, weight }) => ((open.get(id) ?? 0) + 1) / weight);
			const least = Math.min(...loads);
			const equals = candidates.filter((_, index) => loads[index] === least);
			return equals[Math.floor(random() * equals.length)];
		},
		opened: (id) => void open.set(id, (open.get(id) ?? 0) + 1),
		closed(id) {
			const rest = (open.get(id) ?? 0) - 1;
			if (rest > 0) open.set(id, rest);
			else open.delete(id);
		},
		failed: (id) => void avoidedUntilMs.set(id, nowMs() + avoidMs),
	};
}
