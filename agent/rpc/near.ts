import type { Coordinate, CoordinateRecord } from "../state/index.ts";

/** What coordinates there are of a node, by segment. */
type CoordinatesOf = (node: string) => readonly CoordinateRecord[];

/** Round-trip time that two coordinates foretell, in seconds (Vivaldi with height and adjustment, as serf computes it). */
export function distanceSeconds(a: Coordinate, b: Coordinate): number {
	let sum = 0;
	a.vec.forEach((value, at) => {
		sum += (value - (b.vec[at] ?? 0)) ** 2;
	});
	const distance = Math.sqrt(sum) + a.height + b.height;
	const adjusted = distance + a.adjustment + b.adjustment;
	return adjusted > 0 ? adjusted : distance;
}

/**
 * The elements whose node is nearest to `near` first, those without a coordinate in common last; else in the order given. The
 * same array when `near` has no coordinates.
 */
export function sortNear<Item>(
	list: readonly Item[],
	nodeOf: (item: Item) => string,
	near: string,
	coordinatesOf: CoordinatesOf,
): readonly Item[] {
	const from = coordinatesOf(near);
	if (from.length === 0) return list;
	const distances = new Map<string, number>();
	const distanceOf = (item: Item) => {
		const node = nodeOf(item);
		const known = distances.get(node);
		if (known !== undefined) return known;
		const distance = distanceBetween(from, coordinatesOf(node));
		distances.set(node, distance);
		return distance;
	};
	return Object.freeze(
		[...list].sort((a, b) => {
			const [left, right] = [distanceOf(a), distanceOf(b)];
			// Infinity minus itself is no number.
			return left === right ? 0 : left - right;
		}),
	);
}

/** Coordinates of different segments cannot be compared. */
function distanceBetween(from: readonly CoordinateRecord[], to: readonly CoordinateRecord[]): number {
	let shortest = Number.POSITIVE_INFINITY;
	for (const a of from)
		for (const b of to)
			if (a.segment === b.segment) shortest = Math.min(shortest, distanceSeconds(a.coordinate, b.coordinate));
	return shortest;
}
