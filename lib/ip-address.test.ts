import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatIpAddress, ipAddressHex, parseIpAddress } from "./ip-address.ts";

describe("parseIpAddress", () => {
	it.each([
		["10.1.2.3", "0a010203"],
		["255.255.255.255", "ffffffff"],
		["::", "0".repeat(32)],
		["::1", `${"0".repeat(31)}1`],
		["2001:DB8::5", "20010db8000000000000000000000005"],
		["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
		["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
		["64:ff9b::10.1.2.3", "0064ff9b00000000000000000a010203"],
		["::ffff:10.1.2.3", "0a010203"],
	])("%s", (text, hex) => {
		const address = parseIpAddress(text);
		expect(address && ipAddressHex(address)).toBe(hex);
	});

	it.each([
		"",
		"host.example.test",
		"10.1.2",
		"10.1.2.3.4",
		"10.1.2.256",
		"10.01.2.3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9",
		"1::2::3",
		"1:2:3:4::5:6:7:8",
		":1:2",
		"12345::",
		"fe80::1%eth0",
		"::10.1.2.3:1",
		"g::",
	])("refuses %j", (text) => {
		expect(parseIpAddress(text)).toBeUndefined();
	});

	it("agrees with Node on what an address is", () => {
		const texts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/));
		fc.assert(
			fc.property(texts, (text) => {
				expect(parseIpAddress(text) !== undefined).toBe(isIP(text) !== 0);
			}),
		);
	});
});

describe("formatIpAddress", () => {
	it.each([
		["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
		["0:0:0:0:0:0:0:0", "::"],
		["1:0:0:0:0:0:0:0", "1::"],
		["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
	])("%s", (text, expected) => {
		const address = parseIpAddress(text);
		expect(address && formatIpAddress(address)).toBe(expected);
	});

	it("writes what parses to the same bytes", () => {
		fc.assert(
			fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
				const address = parseIpAddress(text);
				expect(parseIpAddress(address ? formatIpAddress(address) : "")).toEqual(address);
			}),
		);
	});
});
