import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import {
	type GoFunction,
	type GoValue,
	goFunc,
	intType,
	parse,
	rawOf,
	stringType,
	structType,
} from "../gotmpl/index.ts";
import type { FunctionFamily } from "./context.ts";

/** An address of an interface. */
interface InterfaceAddress {
	readonly Name: string;
	readonly Address: string;
	readonly Type: "IPv4" | "IPv6";
	/** `127.0.0.0/8` */
	readonly Network: string;
	readonly Size: number;
	/** `up|loopback`, as far as the system tells. */
	readonly Flags: string;
}

const addressType = structType("sockaddr.IfAddr", {
	Name: stringType,
	Address: stringType,
	Type: stringType,
	Network: stringType,
	Size: intType,
	Flags: stringType,
});
const types = { "sockaddr.IfAddr": addressType };

/** `sockaddr`: an expression over the machine's addresses, in the language of the go-sockaddr library. */
export const sockaddrFunctions: FunctionFamily = {
	sockaddr: goFunc("func(...string) (string, error)", (...words: string[]) => {
		const text = `{{ ${words.join(" ")} }}`;
		return parse({ name: "sockaddr", text, functions }).execute({ functions }).trim();
	}),
};

const fn = (signature: string, call: (...raw: never[]) => unknown) => goFunc(signature, call, types);
type List = readonly InterfaceAddress[];

const source = (pick: () => List) => fn("func() []sockaddr.IfAddr", pick);
const first = (pick: () => List) => fn("func() string", () => pick()[0]?.Address ?? "");
const all = (pick: () => List) =>
	fn("func() string", () =>
		pick()
			.map(({ Address }) => Address)
			.join(" "),
	);
const named = (join: (addresses: readonly string[]) => string) =>
	fn("func(string) string", (name: string) =>
		join(
			allAddresses()
				.filter((address) => address.Name === name)
				.map(({ Address }) => Address),
		),
	);

const functions: ReadonlyMap<string, GoFunction> = new Map([
	["GetAllInterfaces", source(allAddresses)],
	["GetDefaultInterfaces", source(publicOrPrivate)],
	["GetPrivateInterfaces", source(privateAddresses)],
	["GetPublicInterfaces", source(publicAddresses)],
	["GetPrivateIP", first(privateAddresses)],
	["GetPrivateIPs", all(privateAddresses)],
	["GetPublicIP", first(publicAddresses)],
	["GetPublicIPs", all(publicAddresses)],
	["GetInterfaceIP", named((addresses) => addresses[0] ?? "")],
	["GetInterfaceIPs", named((addresses) => addresses.join(" "))],
	["include", fn("func(string, string, []sockaddr.IfAddr) ([]sockaddr.IfAddr, error)", filter(true))],
	["exclude", fn("func(string, string, []sockaddr.IfAddr) ([]sockaddr.IfAddr, error)", filter(false))],
	["limit", fn("func(int, []sockaddr.IfAddr) []sockaddr.IfAddr", (count: number, list: List) => list.slice(0, count))],
	["offset", fn("func(int, []sockaddr.IfAddr) []sockaddr.IfAddr", (count: number, list: List) => list.slice(count))],
	["sort", fn("func(string, []sockaddr.IfAddr) ([]sockaddr.IfAddr, error)", sorted)],
	["unique", fn("func(string, []sockaddr.IfAddr) ([]sockaddr.IfAddr, error)", unique)],
	["join", fn("func(string, string, []sockaddr.IfAddr) (string, error)", joined)],
	[
		"attr",
		fn("func(string, any) (string, error)", (name: string, value: GoValue) => {
			const raw = rawOf(value) as List | InterfaceAddress | undefined;
			const address = Array.isArray(raw) ? (raw as List)[0] : (raw as InterfaceAddress | undefined);
			return address === undefined ? "" : attribute(address, name);
		}),
	],
]);

function allAddresses(): List {
	return Object.entries(networkInterfaces()).flatMap(([Name, addresses]) =>
		(addresses ?? []).map((info) => ({
			Name,
			Address: info.address,
			Type: isIPv4(info.address) ? ("IPv4" as const) : ("IPv6" as const),
			Network: info.cidr ?? "",
			Size: 2 ** ((isIPv4(info.address) ? 32 : 128) - Number(info.cidr?.split("/")[1] ?? 0)),
			Flags: info.internal ? "up|loopback" : "up|broadcast|multicast",
		})),
	);
}

/** RFC 1918 and RFC 6598. */
const privateNetworks = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

function privateAddresses(): List {
	return allAddresses().filter(({ Address, Flags }) => privateNetworks.test(Address) && !Flags.includes("loopback"));
}

function publicAddresses(): List {
	return allAddresses().filter(
		({ Address, Type, Flags }) =>
			Type === "IPv4" && !privateNetworks.test(Address) && !Flags.includes("loopback") && !/^169\.254\./.test(Address),
	);
}

function publicOrPrivate(): List {
	return allAddresses().filter(({ Type, Flags }) => Type === "IPv4" && !Flags.includes("loopback"));
}

function filter(keep: boolean) {
	return (selector: string, wanted: string, list: List) =>
		list.filter((address) => matches(address, selector, wanted) === keep);
}

function matches(address: InterfaceAddress, selector: string, wanted: string): boolean {
	switch (selector.toLowerCase()) {
		case "flag":
		case "flags":
			return wanted.split("|").every((flag) => address.Flags.split("|").includes(flag));
		case "type":
			return wanted.split("|").some((type) => type === "IP" || type === address.Type);
		case "name":
			return new RegExp(wanted).test(address.Name);
		case "address":
			return new RegExp(wanted).test(address.Address);
		case "rfc":
			if (wanted === "1918") return privateNetworks.test(address.Address) && !address.Address.startsWith("100.");
			throw new Error(`sockaddr: RFC ${wanted} is not known; 1918 is`);
		default:
			throw new Error(`invalid include selector: ${JSON.stringify(selector)}`);
	}
}

function attribute(address: InterfaceAddress, name: string): string {
	switch (name.toLowerCase()) {
		case "name":
			return address.Name;
		case "address":
		case "host":
			return address.Address;
		case "type":
			return address.Type;
		case "network":
			return address.Network;
		case "size":
			return String(address.Size);
		case "flags":
			return address.Flags;
		default:
			throw new Error(`unsupported attribute name ${JSON.stringify(name)}`);
	}
}

function sorted(selectors: string, list: List): List {
	const keys = selectors
		.split(",")
		.map((key) => ({ name: key.replace(/^[+-]/, ""), sign: key.startsWith("-") ? -1 : 1 }));
	return [...list].sort((a, b) => {
		for (const { name, sign } of keys) {
			const order = attribute(a, name).localeCompare(attribute(b, name), "en", { numeric: true });
			if (order !== 0) return sign * order;
		}
		return 0;
	});
}

function unique(selector: string, list: List): List {
	return list.filter(
		(address, at) => list.findIndex((other) => attribute(other, selector) === attribute(address, selector)) === at,
	);
}

function joined(selector: string, separator: string, list: List): string {
	return list.map((address) => attribute(address, selector)).join(separator);
}
