import { expect, it } from "vitest";
import { nodeMetaTexts } from "./node-meta.ts";

const texts = (meta: Record<string, string>) =>
	nodeMetaTexts(meta).map((parts) => parts.map((part) => Buffer.from(part).toString()));

it.each([
	["key", "value", "key=value"],
	["a=b", "c=d", "a`=b=c=d"],
	["back`tick", "v`w", "back``tick=v``w"],
	[" lead", "x", "` lead=x"],
	["trail \t", "x", "trail` `\t=x"],
	["in ner", "a b ", "in ner=a b "],
	["empty", "", "empty="],
	["rfc1035-raw", "plain text", "plain text"],
	["RFC1035-raw", "plain text", "plain text"],
])("%s: %s", (key, value, expected) => {
	expect(texts({ [key]: value })).toEqual([[expected]]);
});

it("cuts long values into strings of 255 bytes", () => {
	const [parts = []] = texts({ "rfc1035-long": "x".repeat(600) });
	expect(parts.map((part) => part.length)).toEqual([255, 255, 90]);
});
