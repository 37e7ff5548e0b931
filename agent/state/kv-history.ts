import { byteOrderKey, compositeKey } from "./byte-order.ts";
import type { Journal } from "./journal.ts";
import { OrderedMap } from "./ordered-map.ts";
import { PrefixMap } from "./prefix-map.ts";
import type { KvHistoryRule, KvRevision } from "./records.ts";

/** Revisions of all keys together, and bytes of their values; beyond either the oldest of all are forgotten. */
export const historyRevisionsMax = 100_000;
export const historyBytesMax = 64 * 1024 * 1024;

/** Former values of keys, for prefixes that somebody set a rule for. Nothing is remembered elsewhere, and costs nothing. */
export class KvHistory {
	readonly #journal: Journal;
	/** By key, index. */
	readonly #revisions: OrderedMap<KvRevision>;
	/** By index, key. Derived from the revisions. */
	readonly #oldest: OrderedMap<KvRevision>;
	#sizeBytes = 0;
	#rules = new PrefixMap<KvHistoryRule>();

	constructor(journal: Journal) {
		this.#journal = journal;
		this.#revisions = new OrderedMap(journal);
		this.#oldest = new OrderedMap(journal);
	}

	rules(): KvHistoryRule[] {
		const rules: KvHistoryRule[] = [];
		for (const prefix of this.#rules.prefixes()) {
			const rule = this.#rules.get(prefix);
			if (rule !== undefined) rules.push(rule);
		}
		return rules;
	}

	/** Newest revisions that are kept of a key: what the rule with the longest prefix says. */
	revisionsMaxOf(key: string): number {
		let decides: KvHistoryRule | undefined;
		this.#rules.forEachPrefixOf(key, (rule) => {
			if (decides === undefined || rule.prefix.length > decides.prefix.length) decides = rule;
		});
		return decides?.revisionsMax ?? 0;
	}

	/** Oldest first. */
	of(key: string): KvRevision[] {
		return this.#revisions.prefixed(compositeKey(key));
	}

	/** Remembers what a key became, if a rule says so. Of several at one index the last counts. */
	add(revision: KvRevision): void {
		const most = this.revisionsMaxOf(revision.key);
		if (most === 0) return;
		this.#put(revision);
		const all = this.of(revision.key);
		for (const old of all.slice(0, Math.max(0, all.length - most))) this.#forget(old);
		this.#forgetOldest();
	}

	/** Replaces all rules; what they do not keep is forgotten. */
	setRules(rules: readonly KvHistoryRule[]): void {
		this.loadRules(rules);
		for (const key of new Set([...this.#revisions.values()].map((revision) => revision.key))) {
			const all = this.of(key);
			for (const old of all.slice(0, Math.max(0, all.length - this.revisionsMaxOf(key)))) this.#forget(old);
		}
	}

	snapshot(): { readonly rules: readonly KvHistoryRule[]; readonly revisions: IterableIterator<KvRevision> } {
		return { rules: this.rules(), revisions: this.#revisions.clone().values() };
	}

	/** For restoring into a new, empty one. */
	load(revision: KvRevision): void {
		this.#put(revision);
	}

	/** For restoring into a new, empty one. */
	loadRules(rules: readonly KvHistoryRule[]): void {
		this.#rules = new PrefixMap();
		for (const { prefix, revisionsMax } of rules) this.#rules.set(prefix, Object.freeze({ prefix, revisionsMax }));
	}

	#put(revision: KvRevision): void {
		const former = this.#revisions.get(revisionKey(revision));
		if (former !== undefined) this.#forget(former);
		this.#revisions.set(revisionKey(revision), Object.freeze(revision));
		this.#oldest.set(ageKey(revision), revision);
		this.#resize(sizeOf(revision));
	}

	#forget(revision: KvRevision): void {
		this.#revisions.delete(revisionKey(revision));
		this.#oldest.delete(ageKey(revision));
		this.#resize(-sizeOf(revision));
	}

	#forgetOldest(): void {
		while (this.#revisions.size > historyRevisionsMax || this.#sizeBytes > historyBytesMax) {
			const oldest = this.#oldest.firstPrefixed("");
			if (oldest === undefined) return;
			this.#forget(oldest);
		}
	}

	#resize(addedBytes: number): void {
		const before = this.#sizeBytes;
		this.#journal.note(() => {
			this.#sizeBytes = before;
		});
		this.#sizeBytes = before + addedBytes;
	}
}

function sizeOf({ value }: KvRevision): number {
	return value?.length ?? 0;
}

/** 2^53 has 11 digits to the base 36. */
function sortable(index: number): string {
	return index.toString(36).padStart(11, "0");
}

function revisionKey({ key, index }: KvRevision): string {
	return compositeKey(key, sortable(index));
}

function ageKey({ key, index }: KvRevision): string {
	return sortable(index) + byteOrderKey(key);
}
