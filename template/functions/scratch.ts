import { type GoValue, goFunc, goMethod, structType } from "../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";
import { compareKeys } from "./values.ts";

/** The store of one pass, reached by methods; the raw of the type is the store itself. */
type Store = Map<string, GoValue>;

const scratchType = structType(
	"scratch.Scratch",
	{},
	{
		Key: goMethod("func(string) bool", (store: Store, key: string) => store.has(key)),
		Get: goMethod("func(string) any", (store: Store, key: string) => store.get(key) ?? null),
		Set: goMethod("func(string, any) string", (store: Store, key: string, value: GoValue) => {
			store.set(key, value);
			return "";
		}),
		SetX: goMethod("func(string, any) string", (store: Store, key: string, value: GoValue) => {
			if (!store.has(key)) store.set(key, value);
			return "";
		}),
		MapSet: goMethod("func(string, string, any) (string, error)", mapSet),
		MapSetX: goMethod(
			"func(string, string, any) (string, error)",
			(store: Store, key: string, mapKey: string, value: GoValue) =>
				innerMap(store, key)?.has(mapKey) === true ? "" : mapSet(store, key, mapKey, value),
		),
		MapValues: goMethod("func(string) ([]any, error)", mapValues),
	},
);

/** `scratch`. */
export function scratchFunctions(context: FunctionContext): FunctionFamily {
	return {
		scratch: goFunc("func() *scratch.Scratch", () => context.scratch(), { "scratch.Scratch": scratchType }),
	};
}

/** Sets a key of the map under `key`, which is made when missing. Error: what is there is no map. */
export function mapSet(store: Store, key: string, mapKey: string, value: GoValue): string {
	const map = innerMap(store, key);
	store.set(key, new Map([...(map ?? []), [mapKey, value]]));
	return "";
}

/** The values of the map under `key`, in the order of its keys. */
export function mapValues(store: Store, key: string): GoValue[] {
	const map = innerMap(store, key) ?? new Map<string, GoValue>();
	return [...map].sort(([a], [b]) => compareKeys(a, b)).map(([, value]) => value);
}

function innerMap(store: Store, key: string): ReadonlyMap<string, GoValue> | undefined {
	const value = store.get(key);
	if (value === undefined || value instanceof Map) return value;
	throw new Error(`"${key}" is not a map`);
}
