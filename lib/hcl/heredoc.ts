import type { Cursor } from "./cursor.ts";

/**
 * `<<MARK` up to a line that is only `MARK`; the text keeps its last newline. With `<<-MARK` the mark may be indented, and that
 * indentation is taken from every line, unless some line has less: then the text stays as it is (as the reference does).
 */
export function takeHeredoc(cursor: Cursor): string {
	const start = cursor.position();
	const opening = cursor.take(/<<-?[\p{L}\p{Nd}_]+[ \t]*\r?\n/uy);
	if (opening === undefined) throw cursor.fail('expected a name after "<<" and then a new line, as in <<EOF', start);
	const indented = opening.startsWith("<<-");
	const mark = opening.replace(/^<<-?/, "").trim();
	const lines: string[] = [];
	for (;;) {
		if (cursor.ended) throw cursor.fail(`the text after <<${mark} has no end: a line with only ${mark}`, start);
		const line = cursor.take(/[^\n]*/y) ?? "";
		const bare = line.replace(/\r+$/, "");
		if (indented ? bare.trimStart() === mark : bare === mark) {
			return indented ? unindented(lines, bare.slice(0, bare.length - mark.length)) : joined(lines);
		}
		lines.push(line);
		cursor.skip(1);
	}
}

function unindented(lines: readonly string[], indentation: string): string {
	if (!lines.every((line) => line.startsWith(indentation))) return joined(lines);
	return joined(lines.map((line) => line.slice(indentation.length)));
}

function joined(lines: readonly string[]): string {
	return lines.map((line) => `${line}\n`).join("");
}
