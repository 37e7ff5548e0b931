import { describe, expect, it } from "vitest";
import { expandAddresses } from "./expand.ts";
import { addressOf, type InterfaceAddress, interfaceAddresses } from "./interface-address.ts";

const on = (name: string, flags: string[], ...cidrs: string[]): InterfaceAddress[] =>
	cidrs.map((cidr) => {
		const [text = "", length] = cidr.split("/");
		return { ...addressOf(text, Number(length)), name, flags, isDefault: name === "eth0" };
	});

const usual = ["up", "broadcast", "multicast", "running"];

/** The machine on which the reference was asked. */
const machine = [
	...on("lo", ["up", "loopback", "running"], "127.0.0.1/8", "::1/128"),
	...on("d1", usual, "10.1.2.3/24", "198.51.100.7/25", "fd00:1::5/64"),
	...on("d2", usual, "100.64.3.4/16", "8.8.4.4/29", "2600:abcd::9/48"),
	...on("d3", usual, "192.168.77.1/32", "172.20.0.9/31"),
	...on("eth0", usual, "192.168.5.6/20", "1.2.3.4/8", "2001:db8::77/64"),
];

const expand = (text: string) => expandAddresses("bind_addr", text, machine);

describe("templates in addresses", () => {
	// What go-sockaddr 1.0.2 gave on that machine.
	it.each([
		["{{ GetPrivateIP }}", "192.168.5.6"],
		["{{ GetPrivateIPs }}", "100.64.3.4 192.168.5.6 10.1.2.3 172.20.0.9 192.168.77.1 fd00:1::5"],
		["{{ GetPublicIP }}", "1.2.3.4"],
		["{{ GetPublicIPs }}", "1.2.3.4 8.8.4.4 2600:abcd::9"],
		['{{ GetInterfaceIP "eth0" }}', "1.2.3.4"],
		['{{ GetInterfaceIP "d1" }}', "10.1.2.3"],
		['{{ GetInterfaceIPs "lo" }}', "127.0.0.1 ::1"],
		[
			'{{ GetInterfaceIPs "d" }}',
			"100.64.3.4 10.1.2.3 198.51.100.7 8.8.4.4 172.20.0.9 192.168.77.1 2600:abcd::9 fd00:1::5",
		],
		['{{ GetInterfaceIP "^d[12]$" }}', "100.64.3.4"],
		[
			'{{ GetAllInterfaces | join "string" " " }}',
			"127.0.0.1/8 ::1 10.1.2.3/24 198.51.100.7/25 fd00:1::5/64 100.64.3.4/16 8.8.4.4/29 2600:abcd::9/48 192.168.77.1 172.20.0.9/31 192.168.5.6/20 1.2.3.4/8 2001:db8::77/64",
		],
		['{{ GetAllInterfaces | join "name" "," }}', "lo,lo,d1,d1,d1,d2,d2,d2,d3,d3,eth0,eth0,eth0"],
		['{{ GetDefaultInterfaces | join "address" " " }}', "192.168.5.6 1.2.3.4 2001:db8::77"],
		[
			'{{ GetPrivateInterfaces | join "address" " " }}',
			"192.168.5.6 100.64.3.4 10.1.2.3 172.20.0.9 192.168.77.1 fd00:1::5",
		],
		['{{ GetPublicInterfaces | join "address" " " }}', "1.2.3.4 8.8.4.4 2600:abcd::9"],
		['{{ GetPrivateInterfaces | include "network" "10.0.0.0/8" | attr "address" }}', "10.1.2.3"],
		[
			'{{ GetAllInterfaces | include "name" "^d" | exclude "type" "ipv6" | sort "-address" | limit 2 | join "address" " " }}',
			"198.51.100.7 192.168.77.1",
		],
		[
			'{{ GetAllInterfaces | exclude "name" "lo" | include "type" "IPv4" | sort "address" | join "address" " " }}',
			"1.2.3.4 8.8.4.4 10.1.2.3 100.64.3.4 172.20.0.9 192.168.5.6 192.168.77.1 198.51.100.7",
		],
		[
			'{{ GetAllInterfaces | sort "default,-type,address" | unique "name" | join "name" " " }}',
			"eth0 lo d2 d1 d2 d1 d2 lo d3 d1",
		],
		[
			'{{ GetAllInterfaces | sort "-default,type,address" | join "name" " " }}',
			"d2 d1 d2 lo d3 d3 d1 lo d2 d1 eth0 eth0 eth0",
		],
		[
			'{{ GetAllInterfaces | sort "-name,type,address" | join "name" " " }}',
			"lo lo eth0 eth0 eth0 d3 d3 d2 d2 d2 d1 d1 d1",
		],
		[
			'{{ GetAllInterfaces | include "rfc" "1918" | join "address" " " }}',
			"10.1.2.3 192.168.77.1 172.20.0.9 192.168.5.6",
		],
		['{{ GetAllInterfaces | include "rfcs" "6598" | join "address" " " }}', "100.64.3.4"],
		['{{ GetAllInterfaces | exclude "rfc" "6890" | join "address" " " }}', "8.8.4.4 2600:abcd::9 1.2.3.4"],
		['{{ GetAllInterfaces | include "flags" "loopback" | join "address" " " }}', "127.0.0.1 ::1"],
		[
			'{{ GetAllInterfaces | include "flags" "forwardable" | join "address" " " }}',
			"10.1.2.3 fd00:1::5 100.64.3.4 8.8.4.4 2600:abcd::9 192.168.77.1 172.20.0.9 192.168.5.6 1.2.3.4",
		],
		[
			'{{ GetAllInterfaces | include "flags" "forwardable|up" | join "address" " " }}',
			"127.0.0.1 ::1 10.1.2.3 198.51.100.7 fd00:1::5 100.64.3.4 8.8.4.4 2600:abcd::9 192.168.77.1 172.20.0.9 192.168.5.6 1.2.3.4 2001:db8::77",
		],
		[
			'{{ GetAllInterfaces | include "flag" "broadcast" | join "address" " " }}',
			"10.1.2.3 198.51.100.7 fd00:1::5 100.64.3.4 8.8.4.4 2600:abcd::9 192.168.77.1 172.20.0.9 192.168.5.6 1.2.3.4 2001:db8::77",
		],
		['{{ GetAllInterfaces | exclude "flag" "broadcast" | join "address" " " }}', "127.0.0.1 ::1"],
		['{{ GetAllInterfaces | include "flag" "up|loopback" | join "address" " " }}', "127.0.0.1 ::1"],
		[
			'{{ GetAllInterfaces | include "flag" "global unicast" | join "address" " " }}',
			"10.1.2.3 198.51.100.7 fd00:1::5 100.64.3.4 8.8.4.4 2600:abcd::9 192.168.77.1 172.20.0.9 192.168.5.6 1.2.3.4 2001:db8::77",
		],
		[
			'{{ GetAllInterfaces | include "flag" "multicast" | join "address" " " }}',
			"10.1.2.3 198.51.100.7 fd00:1::5 100.64.3.4 8.8.4.4 2600:abcd::9 192.168.77.1 172.20.0.9 192.168.5.6 1.2.3.4 2001:db8::77",
		],
		['{{ GetAllInterfaces | include "size" "24" | join "string" " " }}', "10.1.2.3/24"],
		['{{ GetAllInterfaces | include "address" "^10\\\\." | join "string" " " }}', "10.1.2.3/24"],
		['{{ GetAllInterfaces | include "name" "d1" | offset 1 | join "address" " " }}', "198.51.100.7 fd00:1::5"],
		['{{ GetAllInterfaces | include "name" "d1" | offset -1 | attr "address" }}', "fd00:1::5"],
		[
			'{{ GetAllInterfaces | include "name" "d1" | math "address" "+1" | join "string" " " }}',
			"10.1.2.4/24 198.51.100.8/25 fd00:1::6/64",
		],
		[
			'{{ GetAllInterfaces | include "name" "d1" | math "address" "-256" | join "string" " " }}',
			"10.1.1.3/24 198.51.99.7/25 fd00:0:ffff:ffff:ffff:ffff:ffff:ff05/64",
		],
		[
			'{{ GetAllInterfaces | include "name" "d1" | math "network" "+2" | join "string" " " }}',
			"10.1.2.2/24 198.51.100.2/25 fd00:1::2/64",
		],
		[
			'{{ GetAllInterfaces | include "name" "d1" | math "network" "-1" | join "string" " " }}',
			"10.1.2.255/24 198.51.100.127/25 fd00:1::ffff:ffff:ffff:ffff/64",
		],
		[
			'{{ GetAllInterfaces | include "name" "d1" | include "type" "ipv4" | math "mask" "8" | join "string" " " }}',
			"10.0.0.0/8 198.0.0.0/8",
		],
		[
			'{{ GetAllInterfaces | include "name" "d1" | include "type" "ipv4" | math "mask" "28" | join "string" " " }}',
			"10.1.2.0/24 198.51.100.0/25",
		],
		['{{ GetAllInterfaces | include "name" "d1" | include "type" "ipv4" | attr "network" }}', "10.1.2.0"],
		['{{ GetAllInterfaces | include "name" "d1" | include "type" "ipv4" | attr "netmask" }}', "255.255.255.0"],
		['{{ GetAllInterfaces | include "name" "d1" | include "type" "ipv4" | attr "broadcast" }}', "10.1.2.255"],
		['{{ GetAllInterfaces | include "name" "d1" | join "first_usable" " " }}', "10.1.2.1 198.51.100.1 fd00:1::"],
		[
			'{{ GetAllInterfaces | include "name" "d1" | join "last_usable" " " }}',
			"10.1.2.254 198.51.100.126 fd00:1::ffff:ffff:ffff:ffff",
		],
		['{{ GetAllInterfaces | include "name" "d1" | join "size" " " }}', "256 128 18446744073709551616"],
		['{{ GetAllInterfaces | include "name" "d1" | join "mask_bits" " " }}', "24 25 64"],
		['{{ GetAllInterfaces | include "name" "d1" | join "host" " " }}', "10.1.2.3 198.51.100.7 fd00:1::5"],
		['{{ GetAllInterfaces | include "name" "d1" | join "type" " " }}', "IPv4 IPv4 IPv6"],
		['{{ GetAllInterfaces | include "name" "d1" | attr "flags" }}', "up|broadcast|multicast|running"],
		['{{ GetAllInterfaces | include "name" "d3" | join "first_usable" " " }}', "192.168.77.1 172.20.0.8"],
		['{{ GetAllInterfaces | include "name" "d3" | join "last_usable" " " }}', "192.168.77.1 172.20.0.9"],
		['{{ GetAllInterfaces | include "name" "d3" | join "network" " " }}', "192.168.77.1 172.20.0.8"],
		['{{ . | include "name" "eth0" | attr "address" }}', "192.168.5.6"],
		["{{- GetInterfaceIP `eth0` -}}", "1.2.3.4"],
	])("%s gives %s", (template, expected) => {
		expect(expand(template)).toBe(expected);
	});

	it("leaves other text as it is", () => {
		expect(expand("10.0.0.1 unix:///run/x")).toBe("10.0.0.1 unix:///run/x");
		expect(expand('127.0.0.1 {{ GetInterfaceIP "d1" }} {{GetPublicIP}}')).toBe("127.0.0.1 10.1.2.3 1.2.3.4");
	});

	it.each([
		["{{ GetNothing }}", /"GetNothing" is not known here; there are GetAllInterfaces/],
		["{{ GetAllInterfaces }}", /ends with a list; end with attr "address"/],
		['{{ GetInterfaceIP "wlan0" }}', /gives no address; this machine has lo 127\.0\.0\.1\/8, .*d1 10\.1\.2\.3\/24/],
		["{{ GetInterfaceIP }}", /GetInterfaceIP takes one word, not 0/],
		['{{ attr "address" }}', /needs addresses; begin with/],
		['{{ GetAllInterfaces | include "nam" "x" | attr "address" }}', /selector "nam" is not one of address, flag/],
		['{{ GetAllInterfaces | include "name" "(" | attr "address" }}', /no regular expression/],
		['{{ GetAllInterfaces | attr "nope" }}', /attribute "nope" is not one of address/],
		['{{ GetAllInterfaces | offset 99 | attr "address" }}', /beyond the 13 addresses/],
		['{{ GetPrivateIP | attr "address" }}', /a text comes before it/],
		['{{ GetAllInterfaces | math "address" "1" | attr "address" }}', /give \+N or -N/],
		["{{ GetPrivateIP", /has a \{\{ without its \}\}/],
		["{{ GetPrivateIP | }}", /a function is missing/],
	])("%s is refused", (template, reason) => {
		expect(() => expand(template)).toThrow(reason);
		expect(() => expand(template)).toThrow(/^bind_addr: /);
	});

	it("knows this machine", () => {
		expect(interfaceAddresses().find(({ name }) => name === "lo")?.flags).toContain("loopback");
		expect(expandAddresses("client_addr", '{{ GetInterfaceIPs "^lo$" }}')).toMatch(/^127\.0\.0\.1/);
	});
});
