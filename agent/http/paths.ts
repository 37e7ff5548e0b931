import { decodePercent } from "./query-string.ts";

/**
 * What to do with a path before a route is looked for, as Go's ServeMux and the reference's path check do it: `refused` for
 * unprintable characters and bad escapes, `moved` to the clean path for `//`, `/./`, `/../`, else the decoded path.
 */
type PathVerdict =
	| { readonly kind: "refused" }
	| { readonly kind: "moved"; readonly location: string }
	| { readonly kind: "good"; readonly path: string };

/** Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
/** Most paths are made of these only and need no closer look. */
const plain = /^(?:\/[\w:~!$&'()*+,;=@-][\w.:~!$&'()*+,;=@-]*)+\/?$/;

/** Needs no decoding and leads nowhere else. */
export function isPlainPath(rawPath: string): boolean {
	return plain.test(rawPath);
}

/** `allowUnprintable` is `disable_http_unprintable_char_filter`: bad escapes are refused all the same. */
export function judgePath(rawPath: string, allowUnprintable = false): PathVerdict {
	if (isPlainPath(rawPath)) return { kind: "good", path: rawPath };
	const path = decodePercent(rawPath);
	if (path === undefined || (!allowUnprintable && !printable.test(path))) return { kind: "refused" };
	// As it was sent: a key may hold two slashes in a row when they are escaped.
	const clean = cleanPath(rawPath);
	return clean === rawPath ? { kind: "good", path } : { kind: "moved", location: clean };
}

/** Without empty, `.` and `..` elements; a slash at the end stays. */
export function cleanPath(path: string): string {
	const kept: string[] = [];
	for (const element of path.split("/")) {
		if (element === "" || element === ".") continue;
		if (element === "..") kept.pop();
		else kept.push(element);
	}
	const clean = `/${kept.join("/")}`;
	return path.endsWith("/") && clean !== "/" ? `${clean}/` : clean;
}
