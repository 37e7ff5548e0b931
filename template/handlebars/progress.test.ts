import { expect, it } from "vitest";
import { createProgress } from "./progress.ts";

/** Runs to the end with a pause wherever one is possible. */
function inPieces<T>(run: () => T, progress: ReturnType<typeof createProgress>, due = () => true) {
	for (let pieces = 1; ; pieces++) {
		const result = progress.attempt(run, due);
		if (result !== undefined) return { result, pieces };
	}
}

it("calls each helper once and keeps the text of loops, wherever it is left", () => {
	const progress = createProgress();
	const calls: string[] = [];
	const call = (name: string) =>
		progress.once(() => {
			calls.push(name);
			return name;
		});
	const rendering = () =>
		call("a") +
		progress.loop(3, (i) => call(`b${i}`) + progress.loop(2, (j) => call(`c${i}${j}`)) + call(`d${i}`)) +
		progress.loop(0, () => "never") +
		call("e");
	const wanted = "ab0c00c01d0b1c10c11d1b2c20c21d2e";
	for (let rendered = 0; rendered < 2; rendered++) {
		calls.length = 0;
		progress.reset();
		const { result, pieces } = inPieces(rendering, progress);
		expect(result).toBe(wanted);
		expect(calls.join("")).toBe(wanted);
		expect(pieces).toBeGreaterThan(5);
	}
	progress.reset();
	expect(inPieces(rendering, progress, () => false)).toEqual({ result: wanted, pieces: 1 });
});

it("does not repeat much more than it adds", () => {
	const progress = createProgress();
	let steps = 0;
	const rendering = () => {
		let text = "";
		for (let i = 0; i < 2_000; i++) {
			steps++;
			text += progress.once(() => "x");
		}
		return text;
	};
	expect(inPieces(rendering, progress).result).toHaveLength(2_000);
	expect(steps).toBeLessThan(2_000 * 10);
});

it("ends with the error of a helper, and begins anew after it", () => {
	const progress = createProgress();
	const failing = () =>
		progress.loop(1, () =>
			progress.once(() => {
				throw new Error("no");
			}),
		);
	expect(() => progress.attempt(failing, () => false)).toThrow("no");
	progress.reset();
	expect(
		progress.attempt(
			() => progress.once(() => "yes"),
			() => false,
		),
	).toBe("yes");
});
