import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIpAddress, parseIpAddress } from "../../lib/ip-address.ts";
import { addressOfReverseName, isReverseName } from "./reverse.ts";

it.each([
	["1.2.3.10.in-addr.arpa", true],
	["ARPA", true],
	["xarpa", false],
	["arpa.consul", false],
])("isReverseName(%s)", (name, expected) => {
	expect(isReverseName(name)).toBe(expected);
});

describe("addressOfReverseName", () => {
	it.each([
		["3.2.1.10.in-addr.arpa", "10.1.2.3"],
		["3.2.1.10.In-Addr.ARPA", "10.1.2.3"],
		["2.1.10.in-addr.arpa", undefined],
		["x.3.2.1.10.in-addr.arpa", undefined],
		["03.2.1.10.in-addr.arpa", undefined],
		["256.2.1.10.in-addr.arpa", undefined],
		["in-addr.arpa", undefined],
		["1.ip6.arpa", undefined],
	])("%s", (name, expected) => {
		expect(addressOfReverseName(name)).toBe(expected);
	});

	it("undoes the spelling of every IPv6 address", () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
				fc.pre(bytes.subarray(0, 12).some((byte) => byte !== 0));
				const name = `${[...Buffer.from(bytes).toString("hex")].reverse().join(".")}.ip6.arpa`;
				const address = { version: 6, bytes } as const;
				expect(addressOfReverseName(name)).toBe(formatIpAddress(address));
				expect(parseIpAddress(addressOfReverseName(name) ?? "")?.bytes).toEqual(bytes);
			}),
		);
	});
});
