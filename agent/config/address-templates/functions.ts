import { attributes, compareNetworkSize, operations } from "./attributes.ts";
import { addressText, type InterfaceAddress } from "./interface-address.ts";
import { isForwardable, isInAny, rfcNetworks } from "./networks.ts";

/** What flows through a pipe: addresses, or at its end a text. */
export type PipeValue = readonly InterfaceAddress[] | string;

/** A function's words come first, what flows in last. Fails with an `Error` that says what is wrong and what would be right. */
export interface TemplateFunction {
	/** How many words it takes, without what flows in. */
	readonly words: number;
	/** Takes the machine's addresses; others take what flows in. */
	readonly isSource?: true;
	readonly run: (words: readonly string[], addresses: readonly InterfaceAddress[]) => PipeValue;
}

type Choose = (word: string) => (address: InterfaceAddress) => boolean;

function oneOf<Value>(table: Readonly<Record<string, Value>>, word: string, what: string): Value {
	const key = word.trim().toLowerCase();
	const found = Object.hasOwn(table, key) ? table[key] : undefined;
	if (found === undefined) throw new Error(`${what} "${word}" is not one of ${Object.keys(table).join(", ")}`);
	return found;
}

function pattern(word: string): RegExp {
	try {
		return new RegExp(word);
	} catch {
		throw new Error(`"${word}" is no regular expression`);
	}
}

const flags: Readonly<Record<string, (address: InterfaceAddress) => boolean>> = {
	broadcast: ({ flags: own }) => own.includes("broadcast"),
	down: () => true,
	forwardable: isForwardable,
	"global unicast": (address) =>
		!isInAny(address, ["127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "::1", "fe80::/10", "ff00::/8"]),
	"link-local unicast": (address) => isInAny(address, ["169.254.0.0/16", "fe80::/10"]),
	loopback: (address) => address.flags.includes("loopback") || isInAny(address, ["127.0.0.0/8", "::1"]),
	multicast: (address) => address.flags.includes("multicast") || isInAny(address, ["224.0.0.0/4", "ff00::/8"]),
	"point-to-point": ({ flags: own }) => own.includes("point-to-point"),
	up: ({ flags: own }) => own.includes("up"),
};
const interfaceFlags = new Set(["broadcast", "down", "loopback", "multicast", "point-to-point", "up"]);

/** Several flags of the interface must all be there; of the others one is enough (the reference's bit mask). */
function chooseByFlags(word: string): (address: InterfaceAddress) => boolean {
	const named = word.split("|").map((name) => ({ name: name.trim().toLowerCase(), has: oneOf(flags, name, "flag") }));
	const ofInterface = named.filter(({ name }) => interfaceFlags.has(name));
	const ofAddress = named.filter(({ name }) => !interfaceFlags.has(name));
	return (address) =>
		(ofInterface.length > 0 && ofInterface.every(({ has }) => has(address))) ||
		ofAddress.some(({ has }) => has(address));
}

const choices: Readonly<Record<string, Choose>> = {
	address: (word) => {
		const matches = pattern(word);
		return (address) => matches.test(attributes["string"]?.(address) ?? "");
	},
	flag: chooseByFlags,
	flags: chooseByFlags,
	name: (word) => {
		const matches = pattern(word);
		return ({ name }) => matches.test(name);
	},
	network: (word) => (address) => isInAny(address, word.split("|")),
	rfc: (word) => {
		const networks = word.split("|").flatMap((number) => oneOf(rfcNetworks, number, "RFC"));
		return (address) => isInAny(address, networks);
	},
	rfcs: (word) => choices["rfc"]?.(word) ?? (() => false),
	size: (word) => {
		if (!/^\d{1,3}$/.test(word)) throw new Error(`size "${word}" is no length of a prefix`);
		return ({ prefixLength }) => prefixLength === Number(word);
	},
	type: (word) => {
		const versions = word
			.split("|")
			.flatMap((name) => oneOf({ ip: [4, 6], ipv4: [4], ipv6: [6], unix: [] }, name, "type"));
		return ({ version }) => versions.includes(version);
	},
};

type Compare = (one: InterfaceAddress, other: InterfaceAddress) => number;

const order = (one: bigint | string | number, other: bigint | string | number) =>
	one < other ? -1 : one > other ? 1 : 0;
const isPrivate = (address: InterfaceAddress) => isInAny(address, rfcNetworks["6890"] ?? []);
const comparisons: Readonly<Record<string, Compare>> = {
	address: (one, other) => (one.version === other.version ? order(one.value, other.value) : 0),
	default: (one, other) => Number(other.isDefault) - Number(one.isDefault),
	name: (one, other) => order(one.name, other.name),
	port: () => 0,
	private: (one, other) => Number(isPrivate(other)) - Number(isPrivate(one)),
	size: compareNetworkSize,
	type: (one, other) => one.version - other.version,
};

/** `default,-type,+size`: the first that tells two apart decides. */
function sorted(word: string, addresses: readonly InterfaceAddress[]): InterfaceAddress[] {
	const clauses = word.split(",").map((clause): Compare => {
		const [, sign, name = ""] = /^\s*([+-]?)(.*?)\s*$/.exec(clause) ?? [];
		const compare = oneOf(comparisons, name, "order");
		return sign === "-" ? (one, other) => -compare(one, other) : compare;
	});
	return [...addresses].sort((one, other) => {
		for (const compare of clauses) {
			const result = compare(one, other);
			if (result !== 0) return result;
		}
		return 0;
	});
}

function filtered(
	words: readonly string[],
	addresses: readonly InterfaceAddress[],
	isWanted: boolean,
): InterfaceAddress[] {
	const [by = "", word = ""] = words;
	const matches = oneOf(choices, by, "selector")(word);
	return addresses.filter((address) => matches(address) === isWanted);
}

/** Forwardable, of an interface that is up, and private (RFC 6890) or not; the default route's interface first. */
function forwardable(addresses: readonly InterfaceAddress[], wantsPrivate: boolean): InterfaceAddress[] {
	const usable = addresses.filter((address) => isForwardable(address) && address.flags.includes("up"));
	return sorted("default,type,size", usable).filter((address) => isPrivate(address) === wantsPrivate);
}

const first = (addresses: readonly InterfaceAddress[]) => (addresses[0] === undefined ? "" : addressText(addresses[0]));
const joined = (addresses: readonly InterfaceAddress[]) => addresses.map(addressText).join(" ");
const ofInterface = (name: string, addresses: readonly InterfaceAddress[]) =>
	sorted("type,size", filtered(["name", name], addresses, true));
const everywhere = (addresses: readonly InterfaceAddress[], wantsPrivate: boolean) =>
	sorted("type,size", addresses).filter((address) => isPrivate(address) === wantsPrivate && isForwardable(address));

function wholeNumber(word: string, min: number): number {
	const value = /^[+-]?\d{1,9}$/.test(word) ? Number(word) : Number.NaN;
	if (!(value >= min)) throw new Error(`"${word}" is no whole number${min === 0 ? " of 0 or more" : ""}`);
	return value;
}

const source = (run: (addresses: readonly InterfaceAddress[]) => PipeValue): TemplateFunction => ({
	words: 0,
	isSource: true,
	run: (_words, addresses) => run(addresses),
});

/** The functions of go-sockaddr's templates that give addresses. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
	GetAllInterfaces: source((addresses) => addresses),
	GetDefaultInterfaces: source((addresses) => addresses.filter(({ isDefault }) => isDefault)),
	GetInterfaceIP: {
		words: 1,
		isSource: true,
		run: ([name = ""], addresses) => first(ofInterface(name, addresses).filter(isForwardable)),
	},
	GetInterfaceIPs: { words: 1, isSource: true, run: ([name = ""], addresses) => joined(ofInterface(name, addresses)) },
	GetPrivateIP: source((addresses) => first(forwardable(addresses, true))),
	GetPrivateIPs: source((addresses) => joined(everywhere(addresses, true))),
	GetPrivateInterfaces: source((addresses) => forwardable(addresses, true)),
	GetPublicIP: source((addresses) => first(forwardable(addresses, false))),
	GetPublicIPs: source((addresses) => joined(everywhere(addresses, false))),
	GetPublicInterfaces: source((addresses) => forwardable(addresses, false)),
	attr: {
		words: 1,
		run([name = ""], [address]) {
			const attribute = oneOf(attributes, name, "attribute");
			return address === undefined ? "" : attribute(address);
		},
	},
	exclude: { words: 2, run: (words, addresses) => filtered(words, addresses, false) },
	include: { words: 2, run: (words, addresses) => filtered(words, addresses, true) },
	join: {
		words: 2,
		run: ([name = "", separator = ""], addresses) =>
			addresses.map(oneOf(attributes, name, "attribute")).join(separator),
	},
	limit: { words: 1, run: ([count = ""], addresses) => addresses.slice(0, wholeNumber(count, 0)) },
	math: {
		words: 2,
		run([name = "", by = ""], addresses) {
			const operation = oneOf(operations, name, "operation");
			const [, sign = "", digits] = /^([+-]?)(\d{1,39})$/.exec(by) ?? [];
			if (digits === undefined || (sign === "") !== (name.toLowerCase() === "mask")) {
				throw new Error(
					`math "${name}" "${by}": give ${name.toLowerCase() === "mask" ? "a length such as 24" : "+N or -N"}`,
				);
			}
			return addresses.map((address) => operation(address, BigInt(digits), sign === "-"));
		},
	},
	offset: {
		words: 1,
		run([by = ""], addresses) {
			const offset = wholeNumber(by, Number.NEGATIVE_INFINITY);
			if (Math.abs(offset) > addresses.length)
				throw new Error(`offset ${offset} is beyond the ${addresses.length} addresses`);
			return addresses.slice(offset);
		},
	},
	sort: { words: 1, run: ([word = ""], addresses) => sorted(word, addresses) },
	unique: {
		words: 1,
		run([name = ""], addresses) {
			const key = oneOf({ address: attributes["string"], name: attributes["name"] }, name, "unique") ?? String;
			return addresses.filter((address, at) => {
				const before = addresses[at - 1];
				return before === undefined || key(before) !== key(address);
			});
		},
	},
};
