import type { Fragment } from "./keys.ts";

/**
 * Lays one fragment over another: later scalars win, lists are appended, maps are overlaid key by key, blocks merge field by
 * field (the reference's rules).
 */
export function mergeFragments(below: Fragment, above: Fragment): Fragment {
	return mergeValues(below, above) as Fragment;
}

function mergeValues(below: unknown, above: unknown): unknown {
	if (Array.isArray(below) && Array.isArray(above)) return [...(below as unknown[]), ...(above as unknown[])];
	if (!isRecord(below) || !isRecord(above)) return above;
	const merged: Record<string, unknown> = { ...below };
	for (const [key, value] of Object.entries(above)) {
		merged[key] = Object.hasOwn(below, key) ? mergeValues(below[key], value) : value;
	}
	return merged;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
