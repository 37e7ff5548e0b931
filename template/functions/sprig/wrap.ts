/** goutils' `WrapCustom`: breaks at blanks; a longer word is cut only with `cutWords`. */
export function wrapText(text: string, width: number, newline: string, cutWords: boolean): string {
	const limit = Math.max(1, width);
	let offset = 0;
	let wrapped = "";
	while (text.length - offset > limit) {
		if (text[offset] === " ") {
			offset++;
			continue;
		}
		const blank = text.slice(offset, offset + limit + 1).lastIndexOf(" ") + offset;
		if (blank >= offset) {
			wrapped += text.slice(offset, blank) + newline;
			offset = blank + 1;
		} else if (cutWords) {
			wrapped += text.slice(offset, offset + limit) + newline;
			offset += limit;
		} else {
			const next = text.indexOf(" ", offset + limit);
			if (next < 0) break;
			wrapped += text.slice(offset, next) + newline;
			offset = next + 1;
		}
	}
	return wrapped + text.slice(offset);
}
