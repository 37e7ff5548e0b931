import fc from "fast-check";
import { expect, test } from "vitest";
import { parseConfig, parseHcl, plainValue } from "./index.ts";

const plain = (text: string) => plainValue(parseHcl(text, "f.hcl"));

test.each<[string, string, unknown]>([
	["nothing", "", {}],
	["argument", 'a = "x"', { a: "x" }],
	["quoted key", '"a b" = 1', { "a b": 1 }],
	["key with dots and dashes", "a.b-c = 1", { "a.b-c": 1 }],
	["block", "a { b = 1 }", { a: { b: 1 } }],
	["object", "a = { b = 1 }", { a: { b: 1 } }],
	["labels", 'a "b" "c" { d = 1 }', { a: { b: { c: { d: 1 } } } }],
	["bare label", "a b { c = 1 }", { a: { b: { c: 1 } } }],
	["one line, no separators", "a = 1 b = 2 c { d = 3 e = 4 }", { a: 1, b: 2, c: { d: 3, e: 4 } }],
	["one line, commas", "x = { a = 1, b = 2, }", { x: { a: 1, b: 2 } }],
	["repeated block", "a { b = 1 }\na { b = 2 }", { a: [{ b: 1 }, { b: 2 }] }],
	["repeated argument", "a = 1\na = 2", { a: 2 }],
	["list", 'a = [1, "x", true,]', { a: [1, "x", true] }],
	["list over lines", "a = [\n 1, # one\n 2 // two\n]", { a: [1, 2] }],
	["list of objects", "a = [{ b = 1 }, { b = 2 }]", { a: [{ b: 1 }, { b: 2 }] }],
	["list in list", "a = [[1], []]", { a: [[1], []] }],
	["escapes", '"a" = "\\t\\"\\n\\\\\\u00e9\\U0001F600\\x41\\101"', { a: '\t"\n\\é😀AA' }],
	// biome-ignore lint/suspicious/noTemplateCurlyInString: HCL's own syntax
	["interpolation", 'a = "${ f("x") { } } $HOME $"', { a: '${ f("x") { } } $HOME $' }],
	["template", 'a = "{{ key \\"x\\" }}"', { a: '{{ key "x" }}' }],
	["decimal", "a = 10 b = -3 c = 0", { a: 10, b: -3, c: 0 }],
	["hexadecimal", "a = 0x1F b = -0xff", { a: 31, b: -255 }],
	["octal", "a = 0600", { a: 384 }],
	["floating point", "a = 1.5 b = 2e3 c = -1.5e-2 d = 1E+2", { a: 1.5, b: 2000, c: -0.015, d: 100 }],
	["booleans", "a = true b = false", { a: true, b: false }],
	["comments", "# x\n// y\n/* z\n z */ a /* q */ = 1 # end", { a: 1 }],
	["heredoc", "a = <<EOH\none\n  two\nEOH\nb = 1", { a: "one\n  two\n", b: 1 }],
	["empty heredoc", "a = <<EOH\nEOH\n", { a: "" }],
	["indented heredoc", "a = <<-EOT\n    one\n      two\n    EOT\n", { a: "one\n  two\n" }],
	["indented heredoc, a line with less", "a = <<-EOT\n  one\n    two\n    EOT\n", { a: "  one\n    two\n" }],
	["heredoc with CRLF", "a = <<EOH\r\none\r\nEOH\r\nb = 2", { a: "one\r\n", b: 2 }],
	["heredoc in a list", "a = [<<EOH\nx\nEOH\n, 2]", { a: ["x\n", 2] }],
	["unicode key", "ключ = 1", { ключ: 1 }],
	["byte order mark", "\ufeffa = 1", { a: 1 }],
])("%s", (_, text, expected) => {
	expect(plain(text)).toEqual(expected);
});

test.each<[string, string]>([
	["a", 'f.hcl:1:2: expected "=" or "{" after the key "a", found the end of the file'],
	["a = ", "f.hcl:1:5: expected a value, found the end of the file"],
	["a = b", 'f.hcl:1:5: expected a value, found the bare word b; write "b"'],
	["a = 1\n  b = 09", "f.hcl:2:7: 09 is not a number; a text stands in quotes"],
	["a = 10s", "f.hcl:1:5: 10s is not a number; a text stands in quotes"],
	['a = "x\n"', "f.hcl:1:5: the string has no closing quote"],
	['é = "\\q"', 'f.hcl:1:6: "\\q" is no escape; known are \\n \\t \\r \\" \\\\ \\uXXXX'],
	["a {", 'f.hcl:1:3: expected "}", found the end of the file'],
	["a = [1 2]", 'f.hcl:1:8: expected "," or "]" in the list, found "2"'],
	["a = [1", 'f.hcl:1:7: expected "," or "]" in the list, found the end of the file'],
	["}", 'f.hcl:1:1: expected a key, found "}"'],
	['a "b" = 1', 'f.hcl:1:7: "a" has a label, so "{" must follow, not "="; or write a = ...'],
	["/* x", 'f.hcl:1:1: the comment has no end ("*/")'],
	["a = <<EOH\nx", "f.hcl:1:5: the text after <<EOH has no end: a line with only EOH"],
	["a = << x", 'f.hcl:1:5: expected a name after "<<" and then a new line, as in <<EOF'],
	['a = "${x"', 'f.hcl:1:6: "${" has no closing brace'],
	["a = $", 'f.hcl:1:5: expected a value, found "$"'],
])("error of %j", (text, message) => {
	expect(() => parseHcl(text, "f.hcl")).toThrow(expect.objectContaining({ code: "CONFIG_SYNTAX", message }));
});

test("nesting has a limit", () => {
	expect(() => plain(`a = ${"[".repeat(200)}`)).toThrow("more than 100 objects and lists inside each other");
	expect(() => plain("a {".repeat(5000))).toThrow("more than 100");
});

test("any text gives a value or an error with a place, never anything else", () => {
	fc.assert(
		fc.property(
			// biome-ignore lint/suspicious/noTemplateCurlyInString: HCL's own syntax
			fc.array(fc.constantFrom(...'ab"\\${}[]=,<-#/*\n 01.eETrue"'.split(""))).map((c) => c.join("")),
			(text) => {
				try {
					parseConfig(text, "f");
				} catch (error) {
					expect((error as Error).message).toMatch(/^f:\d+:\d+: ./);
				}
			},
		),
	);
});

test("every string comes back from its JSON spelling", () => {
	fc.assert(
		fc.property(fc.string({ unit: "grapheme" }), (value) => {
			const quoted = JSON.stringify(value).replaceAll("\\/", "/");
			fc.pre(!value.includes("${"));
			expect(plain(`a = ${quoted}`)).toEqual({ a: value });
		}),
	);
});
