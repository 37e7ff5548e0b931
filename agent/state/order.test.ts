import fc from "fast-check";
import { expect, it } from "vitest";
import { byteOrderKey, compositeKey } from "./byte-order.ts";
import { Memo } from "./memo.ts";
import { OrderedMap } from "./ordered-map.ts";
import { PrefixMap } from "./prefix-map.ts";

const text = fc.string({
	unit: fc.constantFrom("a", "/", "\0", "\u0001", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"),
	maxLength: 6,
});
const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

it("keys order as their UTF-8 bytes, and prefixes stay prefixes", () => {
	fc.assert(
		fc.property(text, text, (a, b) => {
			expect(order(byteOrderKey(a), byteOrderKey(b))).toBe(byteOrder(a, b));
			expect(byteOrderKey(a).startsWith(byteOrderKey(b))).toBe(a.startsWith(b));
		}),
	);
});

it("composite keys order by their parts and begin alike only when the parts are the same", () => {
	fc.assert(
		fc.property(text, text, text, text, (a, b, c, d) => {
			expect(order(compositeKey(a, b), compositeKey(c, d))).toBe(byteOrder(a, c) || byteOrder(b, d));
			expect(compositeKey(a, b).startsWith(compositeKey(c))).toBe(a === c);
		}),
	);
});

it("an ordered map's clone keeps what it had", () => {
	fc.assert(
		fc.property(fc.array(text), fc.array(text), fc.array(text), (before, added, removed) => {
			const map = new OrderedMap<string>();
			for (const key of before) map.set(key, key);
			const clone = map.clone();
			for (const key of added) map.set(key, `${key} new`);
			for (const key of removed) map.delete(key);
			expect([...clone.values()]).toEqual([...new Set(before)].sort(order));
		}),
	);
});

it("a prefix map finds every prefix of a key", () => {
	fc.assert(
		fc.property(fc.array(text), fc.array(text), text, (prefixes, gone, key) => {
			const map = new PrefixMap<string>();
			for (const prefix of prefixes) map.set(prefix, prefix);
			for (const prefix of gone) map.delete(prefix);
			const found: string[] = [];
			map.forEachPrefixOf(key, (value) => found.push(value));
			const left = [...new Set(prefixes)].filter((prefix) => !gone.includes(prefix));
			expect(found.sort()).toEqual(left.filter((prefix) => key.startsWith(prefix)).sort());
			expect(map.size).toBe(left.length);
		}),
	);
});

it("a memo keeps to its weight, forgetting who was not asked for longest", () => {
	const forgotten: string[] = [];
	const memo = new Memo<string>(6, (key) => forgotten.push(key));
	memo.set("a", 1, "A", 1);
	memo.set("b", 1, "B", 1);
	memo.set("c", 1, "C", 1);
	expect(memo.get("a", 1)).toBe("A");
	expect(memo.get("a", 2)).toBeUndefined();
	memo.set("d", 1, "D", 2);
	expect(forgotten).toEqual(["b", "c"]);
	memo.set("huge", 1, "H", 100);
	expect(memo.get("huge", 1)).toBeUndefined();
	memo.clear();
	expect(memo.get("a", 1)).toBeUndefined();
});
