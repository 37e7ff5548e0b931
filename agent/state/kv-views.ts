import { byteOrderKey } from "./byte-order.ts";
import { Memo } from "./memo.ts";
import type { OrderedMap } from "./ordered-map.ts";
import { PrefixMap } from "./prefix-map.ts";
import type { KvRecord, QueryResult } from "./records.ts";

/** Records that remembered lists may refer to, all together, and as many names: 16 MB of references each. */
const rememberedRecordsMax = 2_000_000;
/** Records that are read without giving way to others (decision 16); they take a few milliseconds. */
const recordsPerSlice = 16_384;

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

/** A question about all keys below a prefix. */
interface Question<Item> {
	readonly name: string;
	readonly prefix: string;
	readonly memo: Memo<Remembered<readonly Item[]>>;
	readonly collect: () => Collecting<Item>;
}

interface Collecting<Item> {
	readonly found: Item[];
	newest: number;
	readonly visit: (record: KvRecord) => void;
}

/** Answers for whole prefixes, remembered until a key below them changes. */
export class KvViews {
	readonly #indexes: (prefix: string) => PrefixIndexes;
	readonly #pause: () => Promise<void>;
	/** Prefix -> the questions about it that are remembered or being answered. */
	readonly #questions = new PrefixMap<Set<string>>();
	readonly #lists = new Memo<Remembered<readonly KvRecord[]>>(rememberedRecordsMax, (question, { prefix }) =>
		this.#forget(prefix, question),
	);
	readonly #keys = new Memo<Remembered<readonly string[]>>(rememberedRecordsMax, (question, { prefix }) =>
		this.#forget(prefix, question),
	);
	/** Being answered in slices, and no key below them has changed since that began. */
	readonly #underWay = new Map<string, Promise<QueryResult<readonly unknown[]>>>();

	/** `pause` resolves soon, after others had their turn. */
	constructor(indexes: (prefix: string) => PrefixIndexes, pause: () => Promise<void>) {
		this.#indexes = indexes;
		this.#pause = pause;
	}

	list(prefix: string, records: OrderedMap<KvRecord>): QueryResult<readonly KvRecord[]> {
		return this.#atOnce(this.#listQuestion(prefix), records);
	}

	keys(prefix: string, separator: string, records: OrderedMap<KvRecord>): QueryResult<readonly string[]> {
		return this.#atOnce(this.#keysQuestion(prefix, separator), records);
	}

	/** As `list`; of many records in slices, as they were at the call. */
	listInSlices(prefix: string, records: OrderedMap<KvRecord>): MaybeLater<QueryResult<readonly KvRecord[]>> {
		return this.#inSlices(this.#listQuestion(prefix), records);
	}

	/** As `keys`; of many records in slices, as they were at the call. */
	keysInSlices(
		prefix: string,
		separator: string,
		records: OrderedMap<KvRecord>,
	): MaybeLater<QueryResult<readonly string[]>> {
		return this.#inSlices(this.#keysQuestion(prefix, separator), records);
	}

	keyChanged(key: string): void {
		this.#questions.forEachPrefixOf(key, (questions, prefix) => {
			this.#questions.delete(prefix);
			for (const question of questions) {
				this.#lists.delete(question);
				this.#keys.delete(question);
				this.#underWay.delete(question);
			}
		});
	}

	#listQuestion(prefix: string): Question<KvRecord> {
		return { name: `list:${prefix}`, prefix, memo: this.#lists, collect: collectRecords };
	}

	#keysQuestion(prefix: string, separator: string): Question<string> {
		const collect = () => collectNames(prefix, separator);
		return { name: `keys:${separator.length}:${separator}${prefix}`, prefix, memo: this.#keys, collect };
	}

	#atOnce<Item>(question: Question<Item>, records: OrderedMap<KvRecord>): QueryResult<readonly Item[]> {
		const known = question.memo.get(question.name, 0);
		if (known !== undefined) return known.result;
		const collecting = question.collect();
		records.forEachPrefixed(byteOrderKey(question.prefix), (record) => {
			collecting.visit(record);
			return true;
		});
		return this.#answer(question, collecting);
	}

	#inSlices<Item>(question: Question<Item>, records: OrderedMap<KvRecord>): MaybeLater<QueryResult<readonly Item[]>> {
		const known = question.memo.get(question.name, 0);
		if (known !== undefined) return known.result;
		const underWay = this.#underWay.get(question.name);
		// What is under way under a question's name answers that question.
		if (underWay !== undefined) return underWay as Promise<QueryResult<readonly Item[]>>;
		const collecting = question.collect();
		const range = { after: undefined, countMax: recordsPerSlice };
		const last = records.visitSome(byteOrderKey(question.prefix), range, collecting.visit);
		if (last === undefined) return this.#answer(question, collecting);
		const answer = this.#finish(question, collecting, { records: records.clone(), last });
		this.#underWay.set(question.name, answer);
		this.#ask(question);
		return answer;
	}

	async #finish<Item>(
		question: Question<Item>,
		collecting: Collecting<Item>,
		rest: { readonly records: OrderedMap<KvRecord>; readonly last: string },
	): Promise<QueryResult<readonly Item[]>> {
		const { name, prefix, memo } = question;
		const indexes = this.#indexes(prefix);
		for (let after: string | undefined = rest.last; after !== undefined; ) {
			await this.#pause();
			const range = { after, countMax: recordsPerSlice };
			after = rest.records.visitSome(byteOrderKey(prefix), range, collecting.visit);
		}
		const result = { index: indexOf(indexes, collecting.newest), value: Object.freeze(collecting.found) };
		// Otherwise a key changed meanwhile: this is what was asked for, but not what is.
		if (this.#underWay.delete(name)) memo.set(name, 0, { prefix, result }, result.value.length);
		return result;
	}

	/** An empty answer may have the table's index, which moves without this prefix: it is not remembered. */
	#answer<Item>(question: Question<Item>, { found, newest }: Collecting<Item>): QueryResult<readonly Item[]> {
		const { name, prefix, memo } = question;
		const index = indexOf(this.#indexes(prefix), newest);
		if (found.length === 0) return { index, value: nothing };
		const result = { index, value: Object.freeze(found) };
		this.#ask(question);
		memo.set(name, 0, { prefix, result }, found.length);
		return result;
	}

	#ask({ name, prefix }: { readonly name: string; readonly prefix: string }): void {
		this.#questions.set(prefix, (this.#questions.get(prefix) ?? new Set()).add(name));
	}

	#forget(prefix: string, question: string): void {
		const questions = this.#questions.get(prefix);
		questions?.delete(question);
		if (questions?.size === 0) this.#questions.delete(prefix);
	}
}

/** At once when it is not much to do. */
export type MaybeLater<Value> = Value | Promise<Value>;

function indexOf({ deleted, floor, table }: PrefixIndexes, newestRecord: number): number {
	const newest = Math.max(newestRecord, deleted);
	return newest === 0 ? table : Math.max(newest, floor);
}

function collectRecords(): Collecting<KvRecord> {
	const collecting: Collecting<KvRecord> = {
		found: [],
		newest: 0,
		visit(record) {
			collecting.newest = Math.max(collecting.newest, record.modifyIndex);
			collecting.found.push(record);
		},
	};
	return collecting;
}

/** Names in byte order; each is cut after the first separator that follows the prefix, once each. */
function collectNames(prefix: string, separator: string): Collecting<string> {
	const collecting: Collecting<string> = {
		found: [],
		newest: 0,
		visit({ key, modifyIndex }) {
			collecting.newest = Math.max(collecting.newest, modifyIndex);
			const at = separator === "" ? -1 : key.indexOf(separator, prefix.length);
			const name = at < 0 ? key : key.slice(0, at + separator.length);
			// Names that are cut alike follow each other: what is between them in order begins with the same characters.
			if (collecting.found.at(-1) !== name) collecting.found.push(name);
		},
	};
	return collecting;
}
