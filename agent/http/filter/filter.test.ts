import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DiscoError } from "../../../lib/errors.ts";
import type { Encodable } from "../../../lib/json/index.ts";
import { compileFilter, parseFilter, schemas } from "./index.ts";

const web: Encodable = {
	Node: "n1",
	ServiceID: "web-1",
	ServiceTags: ["red", "v1"],
	ServiceMeta: new Map([["env", "prod"]]),
	ServicePort: 80,
	ServiceEnableTagOverride: false,
	ServiceTaggedAddresses: new Map([["lan", { Address: "10.0.0.1", Port: 80 }]]),
	ServiceWeights: { Passing: 1, Warning: 1 },
};

const matches = (text: string, value: Encodable = web) =>
	compileFilter(parseFilter(text), schemas["catalog-service"])(value);

describe("filter", () => {
	it.each([
		['ServiceID == "web-1"', true],
		["ServiceID==`web-1`", true],
		["ServiceID != other", true],
		["ServicePort == 80", true],
		['ServicePort == "81"', false],
		["ServiceEnableTagOverride == false", true],
		["red in ServiceTags", true],
		["blue not in ServiceTags", true],
		['ServiceTags contains "v1"', true],
		['ServiceTags not contains "v1"', false],
		["ServiceTags is empty", false],
		["ServiceTags is not empty", true],
		['"eb-" in ServiceID', true],
		['ServiceID matches "^web-[0-9]$"', true],
		['ServiceID not matches "^db"', true],
		["ServiceMeta.env == prod", true],
		['ServiceMeta["env"] == prod', true],
		["ServiceMeta.zone == a", false],
		["ServiceMeta.zone != a", true],
		["env in ServiceMeta", true],
		["ServiceTaggedAddresses.lan.Port == 80", true],
		["ServiceWeights.Passing == 2", false],
		["ServiceID == x or ServicePort == 80 and red in ServiceTags", true],
		["(ServiceID == x or ServicePort == 80) and blue in ServiceTags", false],
		["not ServiceID == x", true],
		["not (Node == n1 and not red in ServiceTags)", true],
		["  Node==n1  ", true],
		// Measured: a key that a map lacks is different from everything, empty, and matches.
		['ServiceMeta.zone matches "^a$"', true],
		['ServiceMeta.zone not matches "^a$"', true],
		["ServiceMeta.zone contains a", false],
		["ServiceTaggedAddresses.wan.Port == 0", false],
		['ServicePort == "0x50"', true],
		['ServiceID == "web\\x2d1"', true],
		['ServiceAddress == ""', true],
	])("%s is %s", (text, expected) => {
		expect(matches(text)).toBe(expected);
	});

	it("asks a list of structures whether one fits, also with !=", () => {
		const entry = { Checks: [{ Status: "passing" }, { Status: "critical" }] };
		const fits = (text: string) => compileFilter(parseFilter(text), schemas["health-service"])(entry);
		expect(fits("Checks.Status == critical")).toBe(true);
		expect(fits("Checks.Status != critical")).toBe(true);
		expect(fits("Checks.Status == warning")).toBe(false);
		expect(fits("not Checks.Status == critical")).toBe(false);
	});

	it.each([
		['Node == "a\\"b"', 'rule "string": invalid syntax'],
		["not(Node == n1)", "expected"],
		['ServicePort == "080"', "Failed to coerce value"],
		["ServicePort == 99999999999999999999", "Failed to coerce value"],
		["CreateIndex == 1", 'Selector "CreateIndex" is not valid'],
		["Nope == 1", 'Selector "Nope" is not valid'],
		["nodE == n1", 'Selector "nodE" is not valid'],
		["ServiceTags == red", 'Invalid match operator "Equal" for selector "ServiceTags"'],
		["ServicePort is empty", 'Invalid match operator "Is Empty" for selector "ServicePort"'],
		["x in ServicePort", 'Invalid match operator "In" for selector "ServicePort"'],
		["ServicePort == abc", 'Failed to coerce value "abc" for selector "ServicePort"'],
		['ServiceID matches "("', 'Failed to compile regular expression "("'],
		["ServiceID", '1:10 (9): no match found, expected: "!=", "=="'],
		["ServiceID = s1", '1:11 (10): no match found, expected: "!=", "=="'],
		["(ServiceID == s1", '1:17 (16): no match found, expected: ")"'],
		['ServiceID == "s1', "1:14 (13): unterminated text"],
		["Node == _x", "1:9 (8): no match found, expected: a value"],
		["Node == n1 AND ServicePort == 80", '1:12 (11): no match found, expected: "and", "or"'],
		["constructor == x", 'Selector "constructor" is not valid'],
		[`${"not ".repeat(200)}Node == a`, "nests deeper than"],
	])("%s is refused", (text, message) => {
		expect(() => matches(text)).toThrow(message);
	});

	it("never fails with anything but a message for the client", () => {
		const word = fc.constantFrom(
			"Node",
			"ServiceTags",
			"==",
			"in",
			"not",
			"is",
			"empty",
			"(",
			")",
			'"a"',
			"and",
			"`",
			".",
			"x",
			"1",
		);
		fc.assert(
			fc.property(fc.array(word, { maxLength: 12 }), (words) => {
				try {
					matches(words.join(" "));
				} catch (error) {
					expect(error).toBeInstanceOf(DiscoError);
				}
			}),
		);
	});
});
