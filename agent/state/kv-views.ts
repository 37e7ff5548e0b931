import { byteOrderKey } from "./byte-order.ts";
import { Memo } from "./memo.ts";
import type { OrderedMap } from "./ordered-map.ts";
import { PrefixMap } from "./prefix-map.ts";
import type { KvRecord, QueryResult } from "./records.ts";

/** Records that remembered lists may refer to, all together, and as many names: 16 MB of references each. */
const rememberedRecordsMax = 2_000_000;

/** What the tombstones know of a prefix. */
export interface PrefixIndexes {
	/** Newest remembered delete below it; 0 for none. */
	readonly deleted: number;
	readonly floor: number;
	readonly table: number;
}

const nothing: readonly never[] = Object.freeze([]);

interface Remembered<Value> {
	readonly prefix: string;
	readonly result: QueryResult<Value>;
}

/** Answers for whole prefixes, remembered until a key below them changes. */
export class KvViews {
	readonly #indexes: (prefix: string) => PrefixIndexes;
	/** Prefix -> the questions about it that are remembered. */
	readonly #questions = new PrefixMap<Set<string>>();
	readonly #lists = new Memo<Remembered<readonly KvRecord[]>>(rememberedRecordsMax, (question, { prefix }) =>
		this.#forget(prefix, question),
	);
	readonly #keys = new Memo<Remembered<readonly string[]>>(rememberedRecordsMax, (question, { prefix }) =>
		this.#forget(prefix, question),
	);

	constructor(indexes: (prefix: string) => PrefixIndexes) {
		this.#indexes = indexes;
	}

	list(prefix: string, records: OrderedMap<KvRecord>): QueryResult<readonly KvRecord[]> {
		const question = `list:${prefix}`;
		const known = this.#lists.get(question, 0);
		if (known !== undefined) return known.result;
		const found = records.prefixed(byteOrderKey(prefix));
		const newest = found.reduce((highest, record) => Math.max(highest, record.modifyIndex), 0);
		return this.#answer(this.#lists, { prefix, question, newest, found });
	}

	keys(prefix: string, separator: string, records: OrderedMap<KvRecord>): QueryResult<readonly string[]> {
		const question = `keys:${separator.length}:${separator}${prefix}`;
		const known = this.#keys.get(question, 0);
		if (known !== undefined) return known.result;
		const { names, newest } = namesBelow(prefix, separator, records);
		return this.#answer(this.#keys, { prefix, question, newest, found: names });
	}

	keyChanged(key: string): void {
		this.#questions.forEachPrefixOf(key, (questions, prefix) => {
			this.#questions.delete(prefix);
			for (const question of questions) {
				this.#lists.delete(question);
				this.#keys.delete(question);
			}
		});
	}

	/** An empty answer may have the table's index, which moves without this prefix: it is not remembered. */
	#answer<Item>(
		memo: Memo<Remembered<readonly Item[]>>,
		of: { readonly prefix: string; readonly question: string; readonly newest: number; readonly found: Item[] },
	): QueryResult<readonly Item[]> {
		const { prefix, question, newest, found } = of;
		const index = this.#index(prefix, newest);
		if (found.length === 0) return { index, value: nothing };
		const result = { index, value: Object.freeze(found) };
		this.#questions.set(prefix, (this.#questions.get(prefix) ?? new Set()).add(question));
		memo.set(question, 0, { prefix, result }, found.length);
		return result;
	}

	#forget(prefix: string, question: string): void {
		const questions = this.#questions.get(prefix);
		questions?.delete(question);
		if (questions?.size === 0) this.#questions.delete(prefix);
	}

	#index(prefix: string, newestRecord: number): number {
		const { deleted, floor, table } = this.#indexes(prefix);
		const newest = Math.max(newestRecord, deleted);
		return newest === 0 ? table : Math.max(newest, floor);
	}
}

/** Names in byte order; each is cut after the first separator that follows the prefix, once each. */
function namesBelow(
	prefix: string,
	separator: string,
	records: OrderedMap<KvRecord>,
): { readonly names: string[]; readonly newest: number } {
	const names: string[] = [];
	let newest = 0;
	records.forEachPrefixed(byteOrderKey(prefix), ({ key, modifyIndex }) => {
		newest = Math.max(newest, modifyIndex);
		const at = separator === "" ? -1 : key.indexOf(separator, prefix.length);
		const name = at < 0 ? key : key.slice(0, at + separator.length);
		// Names that are cut alike follow each other: what is between them in order begins with the same characters.
		if (names.at(-1) !== name) names.push(name);
		return true;
	});
	return { names, newest };
}
