/** Lower-case words of a text, cut at separators and where the case changes: `HTTPServer2` is `http`, `server2`. */
export function words(text: string): string[] {
	return text
		.replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1_$2")
		.replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
		.split(/[\s_-]+/)
		.filter((word) => word !== "")
		.map((word) => word.toLowerCase());
}

/** Separators between words go, the letter after each becomes a capital, the rest of a word small. */
export function camelCase(text: string): string {
	const [, before = "", middle = "", after = ""] = /^([\s_-]*)([\s\S]*?)([\s_-]*)$/.exec(text) ?? [];
	const parts = middle.split(/[\s_-]+/).map((part) => {
		const [first = "", ...rest] = part;
		return first.toUpperCase() + rest.join("");
	});
	return before + parts.join("") + after;
}

/** Capitals become small, small letters capitals. */
export function swapCase(text: string): string {
	return [...text]
		.map((letter) => (/\p{Lu}|\p{Lt}/u.test(letter) ? letter.toLowerCase() : letter.toUpperCase()))
		.join("");
}
