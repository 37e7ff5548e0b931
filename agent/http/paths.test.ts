import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanPath, judgePath } from "./paths.ts";
import { parseQueryString } from "./query-string.ts";

describe("judgePath", () => {
	it.each([
		["/v1/kv/a", { kind: "good", path: "/v1/kv/a" }],
		["/v1/kv/a%20b%2Fc", { kind: "good", path: "/v1/kv/a b/c" }],
		["/v1/kv/a%2F%2Fb", { kind: "good", path: "/v1/kv/a//b" }],
		["/v1/kv/%E6%97%A5", { kind: "good", path: "/v1/kv/日" }],
		["/v1/kv/.hidden", { kind: "good", path: "/v1/kv/.hidden" }],
		["/v1/kv/a..b", { kind: "good", path: "/v1/kv/a..b" }],
		["/v1/kv//a", { kind: "moved", location: "/v1/kv/a" }],
		["/v1/kv/./a%20b/", { kind: "moved", location: "/v1/kv/a%20b/" }],
		["/v1/x/../kv/a", { kind: "moved", location: "/v1/kv/a" }],
		["/../../etc", { kind: "moved", location: "/etc" }],
		["/v1/kv/a%0Ab", { kind: "refused" }],
		["/v1/kv/%C2%A0", { kind: "refused" }],
		["/v1/kv/%zz", { kind: "refused" }],
		["/v1/kv/%ff", { kind: "refused" }],
	])("%s", (path, verdict) => {
		expect(judgePath(path)).toEqual(verdict);
	});

	it("never sends in a circle: a clean path stays", () => {
		fc.assert(
			fc.property(
				fc.string().map((text) => `/${encodeURI(text.replace(/[\uD800-\uDFFF]/g, ""))}`),
				(path) => {
					expect(cleanPath(cleanPath(path))).toBe(cleanPath(path));
				},
			),
		);
	});
});

describe("parseQueryString", () => {
	it.each([
		["", "a", undefined, false],
		["a", "a", "", true],
		["a=", "a", "", true],
		["a=1&a=2", "a", "1", true],
		["a=b=c", "a", "b=c", true],
		["a=x+y%2Bz", "a", "x y+z", true],
		["&&a=1&", "a", "1", true],
		["%61=1", "a", "1", true],
	])("%s: %s is %s", (text, name, value, present) => {
		const query = parseQueryString(text);
		expect(query?.first(name)).toBe(value);
		expect(query?.has(name)).toBe(present);
	});

	it.each(["a=%zz", "a;b", "%", "a=1&b=%f"])("%s does not parse", (text) => {
		expect(parseQueryString(text)).toBeUndefined();
	});

	it("takes unprintable characters when their filter is off, and refuses bad escapes all the same", () => {
		expect(judgePath("/v1/kv/a%01")).toEqual({ kind: "refused" });
		expect(judgePath("/v1/kv/a%01", true)).toEqual({ kind: "good", path: "/v1/kv/a\u0001" });
		expect(judgePath("/v1/kv/a%zz", true)).toEqual({ kind: "refused" });
	});
});
