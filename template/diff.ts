/** Lines around a change that are shown with it. */
const contextLines = 3;
/** Beyond that many differing lines a text counts as replaced: the search takes time and memory in their square. */
const editsMax = 2_000;

interface Edit {
	readonly kind: " " | "-" | "+";
	readonly line: string;
}

/**
 * The change from one text to another as a unified diff, whose header names the file; empty for equal texts. Undefined stands
 * for a file that does not exist. The shortest one up to 2,000 differing lines; beyond, the lines between the common start and
 * end are shown as replaced.
 */
export function unifiedDiff(name: string, before: string | undefined, after: string | undefined): string {
	if (before === after) return "";
	return headerOf(name, before, after) + hunks(editsBetween(linesOf(before ?? ""), linesOf(after ?? "")));
}

function headerOf(name: string, before: string | undefined, after: string | undefined): string {
	return `--- ${before === undefined ? "/dev/null" : name}\n+++ ${after === undefined ? "/dev/null" : name}\n`;
}

/** For an excerpt: a large text is not compared as a whole, which would hold up the program. */
const excerptEditsMax = 100;
const excerptLength = 65_536;

/** The first lines of `unifiedDiff`, of texts of any length, without looking at more of them than is shown. */
export function changeExcerpt(name: string, before: string | undefined, after: string, count: number): string {
	const from = lineAbove(before ?? "", commonLength(before ?? "", after), contextLines);
	const shown = (text: string) => wholeLines(text.slice(from, from + excerptLength), text.length - from);
	const skipped = (before ?? "").slice(0, from).split("\n").length - 1;
	const edits = editsBetween(linesOf(shown(before ?? "")), linesOf(shown(after)), excerptEditsMax);
	const text = excerpt(headerOf(name, before, after) + hunks(edits, skipped), count);
	const cut = Math.max(before?.length ?? 0, after.length) - from > excerptLength;
	return cut ? text.replace(/^\.\.\. \d+ more lines$/m, "... and more") : text;
}

function commonLength(left: string, right: string): number {
	const step = 4_096;
	let at = 0;
	while (at + step <= left.length && left.slice(at, at + step) === right.slice(at, at + step)) at += step;
	while (at < left.length && left[at] === right[at]) at++;
	return at;
}

/** Where the line begins that is so many above the one with that character. */
function lineAbove(text: string, at: number, lines: number): number {
	const lineOf = (place: number) => (place <= 0 ? 0 : text.lastIndexOf("\n", place - 1) + 1);
	let start = lineOf(at);
	for (let line = 0; line < lines && start > 0; line++) start = lineOf(start - 1);
	return start;
}

/** Without the last line where that is not all of it. */
function wholeLines(text: string, lengthOfAll: number): string {
	return text.length < lengthOfAll ? text.slice(0, text.lastIndexOf("\n") + 1) : text;
}

/** The first `count` lines, and how many were left out. */
function excerpt(diff: string, count: number): string {
	const lines = diff.replace(/\n$/, "").split("\n");
	if (lines.length <= count) return lines.join("\n");
	return [...lines.slice(0, count), `... ${lines.length - count} more lines`].join("\n");
}

/** A last line without a line end is marked as diff(1) does. */
function linesOf(text: string): readonly string[] {
	if (text === "") return [];
	const lines = text.split("\n");
	const last = lines.pop();
	return last === "" || last === undefined ? lines : [...lines, `${last}\n\\ No newline at end of file`];
}

function editsBetween(before: readonly string[], after: readonly string[], most = editsMax): readonly Edit[] {
	let start = 0;
	while (start < before.length && start < after.length && before[start] === after[start]) start++;
	let end = 0;
	const shorter = Math.min(before.length, after.length) - start;
	while (end < shorter && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
	const removed = before.slice(start, before.length - end);
	const added = after.slice(start, after.length - end);
	const kept = (lines: readonly string[]) => lines.map((line): Edit => ({ kind: " ", line }));
	return [
		...kept(before.slice(0, start)),
		...(shortestEdits(removed, added, most) ?? replaced(removed, added)),
		...kept(before.slice(before.length - end)),
	];
}

function replaced(removed: readonly string[], added: readonly string[]): readonly Edit[] {
	return [...removed.map((line): Edit => ({ kind: "-", line })), ...added.map((line): Edit => ({ kind: "+", line }))];
}

/** Myers, "An O(ND) Difference Algorithm" (1986), the greedy forward search; undefined when it would take too long. */
function shortestEdits(
	before: readonly string[],
	after: readonly string[],
	editsMost: number,
): readonly Edit[] | undefined {
	const most = Math.min(before.length + after.length, editsMost);
	const furthest = new Map<number, number>([[1, 0]]);
	const trace: Map<number, number>[] = [];
	const at = (from: ReadonlyMap<number, number>, diagonal: number) => from.get(diagonal) ?? -1;
	const down = (from: ReadonlyMap<number, number>, diagonal: number, edits: number) =>
		diagonal === -edits || (diagonal !== edits && at(from, diagonal - 1) < at(from, diagonal + 1));
	for (let edits = 0; edits <= most; edits++) {
		trace.push(diagonals(furthest, edits));
		for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
			let x = down(furthest, diagonal, edits) ? at(furthest, diagonal + 1) : at(furthest, diagonal - 1) + 1;
			while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
			furthest.set(diagonal, x);
			if (x >= before.length && x - diagonal >= after.length) return walkBack();
		}
	}
	return undefined;

	function walkBack(): readonly Edit[] {
		const edits: Edit[] = [];
		let x = before.length;
		let y = after.length;
		for (let step = trace.length - 1; step >= 0; step--) {
			const then = trace[step] as Map<number, number>;
			const diagonal = x - y;
			const from = down(then, diagonal, step) ? diagonal + 1 : diagonal - 1;
			const fromX = step === 0 ? 0 : at(then, from);
			const fromY = step === 0 ? 0 : fromX - from;
			while (x > fromX && y > fromY && x > 0 && y > 0) {
				x--;
				y--;
				edits.push({ kind: " ", line: before[x] as string });
			}
			if (step === 0) break;
			if (x === fromX) {
				y--;
				edits.push({ kind: "+", line: after[y] as string });
			} else {
				x--;
				edits.push({ kind: "-", line: before[x] as string });
			}
		}
		return edits.reverse();
	}
}

/** The part of the frontier that step `edits` looks at: all of it, for every step, would cost the square of the texts' length. */
function diagonals(furthest: ReadonlyMap<number, number>, edits: number): Map<number, number> {
	const near = new Map<number, number>();
	for (let diagonal = -edits - 1; diagonal <= edits + 1; diagonal++) {
		const x = furthest.get(diagonal);
		if (x !== undefined) near.set(diagonal, x);
	}
	return near;
}

function hunks(edits: readonly Edit[], linesBefore = 0): string {
	const parts: string[] = [];
	let oldLine = 1 + linesBefore;
	let newLine = 1 + linesBefore;
	let position = 0;
	while (position < edits.length) {
		const first = edits.findIndex(({ kind }, index) => index >= position && kind !== " ");
		if (first < 0) break;
		const start = Math.max(position, first - contextLines);
		let end = first;
		for (let index = first, calm = 0; index < edits.length && calm <= 2 * contextLines; index++) {
			calm = edits[index]?.kind === " " ? calm + 1 : 0;
			if (calm === 0) end = index;
		}
		const stop = Math.min(edits.length, end + 1 + contextLines);
		oldLine += start - position;
		newLine += start - position;
		const inside = edits.slice(start, stop);
		const oldCount = inside.filter(({ kind }) => kind !== "+").length;
		const newCount = inside.filter(({ kind }) => kind !== "-").length;
		parts.push(`@@ -${span(oldLine, oldCount)} +${span(newLine, newCount)} @@\n`);
		for (const { kind, line } of inside) parts.push(`${kind}${line}\n`);
		oldLine += oldCount;
		newLine += newCount;
		position = stop;
	}
	return parts.join("");
}

/** POSIX diff: an empty span names the line before it, a span of one line leaves its length out. */
function span(line: number, count: number): string {
	if (count === 0) return `${line - 1},0`;
	return count === 1 ? String(line) : `${line},${count}`;
}
