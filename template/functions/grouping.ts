import type { KeyPairRecord, ServiceInstanceRecord } from "../dependencies/index.ts";
import { anySliceType, type GoValue, goFunc, goMap, goSignature, intType } from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";
import { recordTypes } from "./record-types.ts";
import { elementsOf, fieldOf, numberOf, textOf, typeName } from "./values.ts";

const byMetaType = goSignature(
	"func(string, []*dependency.HealthService) (map[string][]*dependency.HealthService, error)",
	recordTypes,
);

/** Lists to maps by one of their items' parts. Go visits maps sorted, so the groups come out in order. */
export const groupingFunctions: FunctionFamily = {
	byKey: goFunc(
		"func([]*dependency.KeyPair) (map[string]map[string]*dependency.KeyPair, error)",
		(pairs: readonly KeyPairRecord[]) => {
			const groups = new Map<string, Map<string, KeyPairRecord>>();
			for (const pair of pairs ?? []) {
				const slash = pair.Key.indexOf("/");
				if (slash < 0) continue;
				const rest = pair.Key.slice(slash + 1);
				groupOf(groups, pair.Key.slice(0, slash), () => new Map()).set(rest, { ...pair, Key: rest });
			}
			return groups;
		},
		recordTypes,
	),
	byTag: goFunc("func(any) (map[string][]any, error)", (list: GoValue) => {
		const groups = new Map<string, GoValue[]>();
		for (const item of itemsOf("byTag", list, ["[]*dependency.CatalogSnippet", "[]*dependency.HealthService"])) {
			for (const tag of elementsOf(fieldOf(item, "Tags")) ?? []) {
				groupOf(groups, textOf(tag) ?? "", () => []).push(item);
			}
		}
		return groups;
	}),
	byPort: goFunc("func(any) (any, error)", (list: GoValue) => {
		const groups = new Map<number, GoValue[]>();
		for (const item of itemsOf("byPort", list, ["[]*dependency.HealthService"])) {
			groupOf(groups, Number(numberOf(fieldOf(item, "Port")) ?? 0), () => []).push(item);
		}
		return goMap(intType, anySliceType, groups);
	}),
	byMeta: goFunc(byMetaType, (keys: string, list: readonly ServiceInstanceRecord[]) => {
		const groups = new Map<string, ServiceInstanceRecord[]>();
		for (const item of list ?? []) {
			const meta = new Map(Object.entries(item.ServiceMeta ?? {}));
			const name = keys
				.split(",")
				.map((key) => metaPart(key, meta))
				.join("_");
			groupOf(groups, name, () => []).push(item);
		}
		return groups;
	}),
};

function itemsOf(name: string, list: GoValue, types: readonly string[]): readonly GoValue[] {
	if (list === null || list === undefined) return [];
	const items = elementsOf(list);
	if (items === undefined || !types.includes(typeName(list)))
		throw new Error(`${name}: wrong argument type ${typeName(list)}`);
	return items;
}

function groupOf<Key, Group>(groups: Map<Key, Group>, key: Key, make: () => Group): Group {
	let group = groups.get(key);
	if (group === undefined) {
		group = make();
		groups.set(key, group);
	}
	return group;
}

/** `KEY` or `KEY|int` of one instance; numbers are padded so that their texts sort by size. */
function metaPart(key: string, meta: ReadonlyMap<string, string>): string {
	const [name = "", kind] = key.split("|");
	const value = meta.get(name) ?? "";
	if (kind === "int") {
		const digits = value === "" ? "0" : value;
		if (!/^[+-]?\d+$/.test(digits)) {
			throw new Error(
				`cannot parse ${value} as number : strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`,
			);
		}
		return padded(Number(digits));
	}
	const text = meta.has(name) ? value : `_no_${name}_`;
	return text.replace(/[^A-Za-z0-9_-]/g, "_");
}

/** Go's `%05d`: the sign counts. */
function padded(value: number): string {
	return value < 0 ? `-${String(-value).padStart(4, "0")}` : String(value).padStart(5, "0");
}
