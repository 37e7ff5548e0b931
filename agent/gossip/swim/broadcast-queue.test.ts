import { expect, it, vi } from "vitest";
import { BroadcastQueue } from "./broadcast-queue.ts";

const message = (length: number, mark: number) => new Uint8Array(length).fill(mark);
const marks = (messages: readonly Uint8Array[]) => messages.map((one) => one[0]);
const queueOf = (limit: number, countMax = 100) => new BroadcastQueue({ transmitLimit: () => limit, countMax });

it("hands out the least sent first, then the longest, then the newest", () => {
	const queue = queueOf(10);
	queue.push(message(5, 1));
	queue.push(message(9, 2));
	queue.push(message(5, 3));
	expect(marks(queue.take(100, 2))).toEqual([2, 3, 1]);
	queue.push(message(1, 4));
	expect(marks(queue.take(100, 2))).toEqual([4, 2, 3, 1]);
});

it("fills what room there is, and no more", () => {
	const queue = queueOf(10);
	for (const [length, mark] of [
		[50, 1],
		[30, 2],
		[10, 3],
	] as const)
		queue.push(message(length, mark));
	expect(marks(queue.take(64, 2))).toEqual([1, 3]);
	expect(marks(queue.take(64, 2))).toEqual([2, 3]);
	expect(queue.take(11, 2)).toEqual([]);
});

it("sends each as often as the limit says, then says that it is done", () => {
	const queue = queueOf(3);
	const onFinished = vi.fn();
	queue.push(message(4, 1), { onFinished });
	for (let time = 0; time < 2; time++) expect(queue.take(100, 2)).toHaveLength(1);
	expect(onFinished).not.toHaveBeenCalled();
	expect(queue.take(100, 2)).toHaveLength(1);
	expect(onFinished).toHaveBeenCalledOnce();
	expect([queue.size, queue.take(100, 2).length]).toEqual([0, 0]);
});

it("a newer message takes the place of the one of the same name", () => {
	const queue = queueOf(3);
	const replaced = vi.fn();
	queue.push(message(4, 1), { name: "node", onFinished: replaced });
	queue.take(100, 2);
	queue.push(message(4, 2), { name: "node" });
	expect(replaced).toHaveBeenCalledOnce();
	expect(marks(queue.take(100, 2))).toEqual([2]);
	expect(queue.size).toBe(1);
});

it("drops those that were sent most when there are too many", () => {
	const queue = queueOf(10, 2);
	queue.push(message(4, 1));
	queue.take(100, 2);
	queue.push(message(4, 2));
	queue.push(message(4, 3));
	expect(marks(queue.take(100, 2))).toEqual([3, 2]);
});
