import { kvBytes } from "../../client/index.ts";
import type { KvPair } from "../../lib/api/index.ts";
import { textOfBytes } from "../gotmpl/index.ts";
import { answered, type Dependency, withDatacenter } from "./dependency.ts";
import { dependencyId, grammarOf, marked, matchArgument, pieces } from "./query-text.ts";
import type { KeyPairRecord } from "./records.ts";

const grammar = grammarOf(pieces.key, pieces.query, pieces.datacenter);

/**
 * Every pair whose key starts with a prefix, for `ls` and `tree`; the prefix is plain text, not a folder.
 * Error: `DEPENDENCY_FORMAT`.
 */
export function keyListDependency(text: string): Dependency {
	return keyList("kv.list", text, (pairs) => pairs);
}

/** The same for `safeLs` and `safeTree`: unanswered while what they would show is empty. Error: `DEPENDENCY_FORMAT`. */
export function safeKeyListDependency(text: string, part: "children" | "descendants"): Dependency {
	const shown = part === "children" ? directChildren : descendants;
	return keyList(`kv.list.${part}`, text, (pairs) => (shown(pairs).length === 0 ? undefined : pairs));
}

function keyList(
	kind: string,
	text: string,
	chosen: (pairs: readonly KeyPairRecord[]) => readonly KeyPairRecord[] | undefined,
): Dependency {
	const { key: prefix = "", datacenter } = matchArgument(grammar, text, "kv.list");
	return {
		id: dependencyId(kind, prefix, marked("@", datacenter)),
		async fetch({ client }, options) {
			const answer = await client.kv.list(prefix, withDatacenter(options, datacenter));
			return answered(answer, chosen(answer.value.map((pair) => keyPairRecord(pair, prefix))));
		},
	};
}

function keyPairRecord(pair: KvPair, prefix: string): KeyPairRecord {
	return {
		Path: pair.Key,
		Key: pair.Key.slice(prefix.length).replace(/^\/+/, ""),
		Value: textOfBytes(kvBytes(pair)),
		CreateIndex: pair.CreateIndex,
		ModifyIndex: pair.ModifyIndex,
		LockIndex: pair.LockIndex,
		Flags: pair.Flags,
		Session: pair.Session ?? "",
	};
}

/** Only direct children: a key that is not empty and has no slash. */
export const directChildren = once((pairs) => pairs.filter(({ Key }) => Key !== "" && !Key.includes("/")));

/** Everything below, without folder keys and without the prefix itself. */
export const descendants = once((pairs) => pairs.filter(({ Key }) => Key !== "" && !Key.endsWith("/")));

type Pairs = readonly KeyPairRecord[];

/** The same part of the same list is the same object: what was made of it before need not be made again. */
function once(part: (pairs: Pairs) => Pairs): (pairs: Pairs) => Pairs {
	const parts = new WeakMap<Pairs, Pairs>();
	return (pairs) => {
		const known = parts.get(pairs) ?? part(pairs);
		parts.set(pairs, known);
		return known;
	};
}
