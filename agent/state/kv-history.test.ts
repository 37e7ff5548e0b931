import { describe, expect, it } from "vitest";
import { Journal } from "./journal.ts";
import { historyBytesMax, historyRevisionsMax, KvHistory } from "./kv-history.ts";

function newHistory(revisionsMax: number) {
	const journal = new Journal();
	const history = new KvHistory(journal);
	history.setRules([{ prefix: "", revisionsMax }]);
	const add = (key: string, index: number, sizeBytes = 1) =>
		history.add({ key, index, value: new Uint8Array(sizeBytes), flags: 0n, timeMs: 0, author: "" });
	return { journal, history, add };
}

describe("the history of keys", () => {
	it("forgets the oldest of all when there are too many keys", () => {
		const { history, add } = newHistory(1);
		for (let at = 0; at < historyRevisionsMax + 10; at++) add(`k${at}`, at + 1);
		expect(history.of("k9")).toEqual([]);
		expect(history.of("k10")).toHaveLength(1);
	});

	it("forgets the oldest of all when the values are too large together", () => {
		const { history, add } = newHistory(1000);
		const value = 1024 * 1024;
		for (let at = 0; at <= historyBytesMax / value; at++) add(at % 2 === 0 ? "a" : "b", at + 1, value);
		expect(history.of("a")[0]?.index).toBe(3);
		expect(history.of("b")[0]?.index).toBe(2);
	});

	it("has one revision per index, the last one, and takes back what a transaction adds", () => {
		const { history, add, journal } = newHistory(2);
		add("k", 1);
		add("k", 2);
		journal.begin();
		for (const sizeBytes of [5, 6, 7]) add("k", 3, sizeBytes);
		expect(history.of("k").map(({ index, value }) => [index, value?.length])).toEqual([
			[2, 1],
			[3, 7],
		]);
		journal.rollback();
		expect(history.of("k").map(({ index }) => index)).toEqual([1, 2]);
	});
});
