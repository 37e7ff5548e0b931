import { expect, it } from "vitest";
import { nodeClock } from "../../lib/node/index.ts";
import { encodePieces, piecesOf } from "./encode-body.ts";

const half = "v".repeat(512 * 1024);

it.each([false, true])(
	"few but large items are encoded over many turns of the event loop, pretty %s",
	async (pretty) => {
		const items = Array.from({ length: 60 }, (_, at) => ({ at, half }));
		const charactersOfTurn: number[] = [];
		let turn = 0;
		let open = true;
		const count = () => {
			turn++;
			if (open) setImmediate(count);
		};
		setImmediate(count);
		const encode = (item: unknown, isPretty: boolean) => {
			const text = isPretty ? JSON.stringify(item, null, "    ").replaceAll("\n", "\n    ") : JSON.stringify(item);
			charactersOfTurn[turn] = (charactersOfTurn[turn] ?? 0) + text.length;
			return text;
		};
		const answer = await encodePieces({ open: "[", items, encode }, { pretty, gzip: false }, new WeakMap(), nodeClock);
		open = false;
		const text = piecesOf(answer.content)
			.map((piece) => Buffer.from(piece).toString())
			.join("");
		expect(text === `${JSON.stringify(items, null, pretty ? "    " : "")}${pretty ? "\n" : ""}`).toBe(true);
		expect(answer.byteLength).toBe(text.length);
		expect(Math.max(...charactersOfTurn.filter((characters) => characters > 0))).toBeLessThan(3 * 1024 * 1024);
	},
);

it("a small list is there at once", () => {
	const encode = (item: unknown) => JSON.stringify(item);
	const pieces = { open: "[", items: [1, "two"], encode } as const;
	expect(encodePieces(pieces, { pretty: false, gzip: false }, new WeakMap(), nodeClock)).toMatchObject({
		content: '[1,"two"]',
		byteLength: 9,
	});
});
