import { expect, it } from "vitest";
import { StateStore, WatchSet } from "./index.ts";

const value = new Uint8Array([1]);
const count = 40_000;

/** A store whose slices run when they are told to. */
function filled() {
	const slices: (() => void)[] = [];
	const store = new StateStore({ wakeSlices: (slice) => slices.push(slice) });
	for (let number = 0; number < count; number++) {
		const key = `many/${String(number).padStart(6, "0")}`;
		store.kvWrite(number + 1, { operation: "set", key, value, flags: 0n });
	}
	const runSlices = async () => {
		while (slices.length > 0) {
			slices.shift()?.();
			await new Promise((resolve) => setImmediate(resolve));
		}
	};
	return {
		store,
		slices,
		runSlices,
		put: (index: number, key: string) => store.kvWrite(index, { operation: "set", key, value, flags: 1n }),
	};
}

it("gives few keys at once, and what is remembered", () => {
	const { store } = filled();
	expect(store.kvListInSlices("many/0000")).toEqual(store.kvList("many/0000"));
	expect(store.kvKeysInSlices("none", "/")).toEqual(store.kvKeys("none", "/"));
	const all = store.kvList("many/");
	expect(store.kvListInSlices("many/")).toBe(all);
});

it("gives many keys later, as they were at the call, once for all who ask meanwhile", async () => {
	const { store, runSlices, put } = filled();
	const asked = store.kvListInSlices("many/");
	const names = store.kvKeysInSlices("many/", "");
	expect(asked).toBeInstanceOf(Promise);
	expect(store.kvListInSlices("many/")).toBe(asked);
	put(count + 1, "elsewhere");
	expect(store.kvListInSlices("many/")).toBe(asked);
	put(count + 2, "many/039999");
	store.kvWrite(count + 3, { operation: "delete-tree", prefix: "many/01" });
	put(count + 4, "many/x");
	const later = store.kvListInSlices("many/");
	expect(later).not.toBe(asked);
	await runSlices();
	const [before, after] = [await asked, await later];
	expect([before.index, before.value.length, before.value.at(-1)?.flags]).toEqual([count, count, 0n]);
	expect((await names).value).toEqual(before.value.map(({ key }) => key));
	expect(after).toEqual(store.kvList("many/"));
	expect([after.index, after.value.length]).toEqual([count + 4, count - 10_000 + 1]);
	// Only the later one is true still.
	expect(store.kvListInSlices("many/")).toBe(after);
});

it("notes what the answer depends on before it is there", async () => {
	const { store, runSlices, put } = filled();
	const watchSet = new WatchSet();
	const asked = store.kvListInSlices("many/", watchSet);
	let woken = 0;
	watchSet.wait(() => woken++);
	put(count + 1, "elsewhere");
	await runSlices();
	expect(woken).toBe(0);
	put(count + 2, "many/new");
	await runSlices();
	expect(woken).toBe(1);
	expect((await asked).value).toHaveLength(count);
});
