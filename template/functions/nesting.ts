import type { KeyPairRecord } from "../dependencies/index.ts";
import { type GoValue, goFunc } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { recordTypes } from "./record-types.ts";
import { entriesOf, numberOf, textMap, textOf, typeName } from "./values.ts";

/** Flat maps to nested ones, and nested ones together. */
export const nestingFunctions: FunctionFamily = {
	explode: goFunc(
		"func([]*dependency.KeyPair) (map[string]any, error)",
		(pairs: readonly KeyPairRecord[]) =>
			nested(
				"explode",
				(pairs ?? []).map(({ Key, Value }) => [Key, Value]),
			),
		recordTypes,
	),
	explodeMap: goFunc("func(map[string]any) (map[string]any, error)", (map: ReadonlyMap<string, GoValue>) =>
		nested(
			"explodeMap",
			(entriesOf(map ?? new Map()) ?? []).map(([key, value]) => [String(key), value]),
		),
	),
	mergeMap: goFunc(
		"func(map[string]any, map[string]any) (map[string]any, error)",
		(destination: ReadonlyMap<string, GoValue>, source: ReadonlyMap<string, GoValue>) =>
			mergedMaps(asMap(destination), asMap(source), (kept) => kept),
	),
	mergeMapWithOverride: goFunc(
		"func(map[string]any, map[string]any) (map[string]any, error)",
		(destination: ReadonlyMap<string, GoValue>, source: ReadonlyMap<string, GoValue>) =>
			mergedMaps(asMap(destination), asMap(source), (_kept, taken) => taken),
	),
};

function asMap(value: GoValue): ReadonlyMap<string, GoValue> {
	return textMap(value) ?? new Map();
}

function nested(name: string, pairs: readonly (readonly [string, GoValue])[]): Map<string, GoValue> {
	const root = new Map<string, GoValue>();
	for (const [path, value] of pairs) {
		const parts = path.split("/").filter((part) => part !== "");
		const last = parts.pop();
		if (last === undefined) continue;
		let level = root;
		for (const part of parts) {
			const next = level.get(part) ?? new Map<string, GoValue>();
			if (!(next instanceof Map)) {
				throw new Error(`${name}: not a map: "${path}": "${part}" already has value ${quoted(next)}`);
			}
			level.set(part, next);
			level = next;
		}
		level.set(last, value);
	}
	return root;
}

/** Go's `%q`. */
function quoted(value: GoValue): string {
	const text = textOf(value);
	if (text !== undefined) return JSON.stringify(text);
	return `%!q(${typeName(value)}=${numberOf(value) ?? String(value)})`;
}

/** Maps inside are merged, too; for everything else `choose` says which value stays. */
export function mergedMaps(
	destination: ReadonlyMap<string, GoValue>,
	source: ReadonlyMap<string, GoValue>,
	choose: (kept: GoValue, taken: GoValue) => GoValue,
): Map<string, GoValue> {
	const merged = new Map(destination);
	for (const [key, value] of source) {
		if (!merged.has(key)) {
			merged.set(key, value);
			continue;
		}
		const kept = merged.get(key);
		const inner = [textMap(kept), textMap(value)] as const;
		merged.set(
			key,
			inner[0] !== undefined && inner[1] !== undefined ? mergedMaps(inner[0], inner[1], choose) : choose(kept, value),
		);
	}
	return merged;
}
