import { expect, test } from "vitest";
import { fillTemplate } from "./template-text.ts";

const scope = {
	key: "one",
	env: (name = "") => `<${name}>`,
	replaceKey: (from = "", to = "", key = "") => (key === from ? to : key),
};

test.each([
	["plain", "plain"],
	["", ""],
	["x_{{ key }}", "x_one"],
	["{{key}}{{ key }}", "oneone"],
	["{{- key -}}", "one"],
	['a/{{ env "STAGE" }}/b', "a/<STAGE>/b"],
	["{{ key | replaceKey `one` `ONE` }}", "ONE"],
	['{{ key | replaceKey `two` `TWO` | replaceKey "one" "1" }}', "1"],
	['{{ "a\\"b" }}', 'a"b'],
])("%j gives %j", (template, expected) => {
	expect(fillTemplate(template, scope)).toBe(expected);
});

test.each([
	["{{ nope }}", "nope is not known; known are key, env, replaceKey"],
	["{{ constructor }}", "constructor is not known"],
	["{{ }}", "a step between bars is empty"],
	["{{ key", '"{{" has no "}}"'],
	["{{ 5 }}", "expected a name"],
	['{{ key "x" }}', "key takes no argument"],
])("%j is an error", (template, message) => {
	expect(() => fillTemplate(template, scope)).toThrow(message);
});
