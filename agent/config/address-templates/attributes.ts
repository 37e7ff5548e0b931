import { addressText, type InterfaceAddress } from "./interface-address.ts";

const bitsOf = ({ version }: Pick<InterfaceAddress, "version">) => (version === 4 ? 32 : 128);

/** Ones where the prefix has them. */
function maskOf(address: InterfaceAddress): bigint {
	const bits = bitsOf(address);
	return ((1n << BigInt(address.prefixLength)) - 1n) << BigInt(bits - address.prefixLength);
}

const allOnes = (address: InterfaceAddress) => (1n << BigInt(bitsOf(address))) - 1n;
const networkOf = (address: InterfaceAddress) => address.value & maskOf(address);
const lastOf = (address: InterfaceAddress) => networkOf(address) | (allOnes(address) ^ maskOf(address));
/** Of a network with one or two addresses each is usable (RFC 3021). */
const isTiny = (address: InterfaceAddress) => address.prefixLength >= bitsOf(address) - 1;

function textOf(address: InterfaceAddress, value: bigint): string {
	return addressText({ version: address.version, value });
}

function withPrefix(address: InterfaceAddress, value: bigint): string {
	const { prefixLength } = address;
	return `${textOf(address, value)}${prefixLength === bitsOf(address) ? "" : `/${prefixLength}`}`;
}

/** What `attr` and `join` can take out of an address. */
export const attributes: Readonly<Record<string, (address: InterfaceAddress) => string>> = {
	address: (address) => textOf(address, address.value),
	broadcast: (address) => textOf(address, lastOf(address)),
	first_usable: (address) =>
		textOf(address, isTiny(address) || address.version === 6 ? networkOf(address) : networkOf(address) + 1n),
	flags: ({ flags }) => flags.join("|"),
	host: (address) => textOf(address, address.value),
	last_usable: (address) =>
		textOf(address, isTiny(address) || address.version === 6 ? lastOf(address) : lastOf(address) - 1n),
	mask_bits: ({ prefixLength }) => String(prefixLength),
	name: ({ name }) => name,
	netmask: (address) => textOf(address, maskOf(address)),
	network: (address) => textOf(address, networkOf(address)),
	size: (address) => String(1n << BigInt(bitsOf(address) - address.prefixLength)),
	string: (address) => withPrefix(address, address.value),
	type: ({ version }) => `IPv${version}`,
};

/** Larger networks first; IPv4 and IPv6 are not compared, as in the reference. */
export function compareNetworkSize(one: InterfaceAddress, other: InterfaceAddress): number {
	return one.version === other.version ? one.prefixLength - other.prefixLength : 0;
}

/** `math "address" "+1"`: neighbours of the address, of its network, or the address under a mask; wraps at the end. */
export const operations: Readonly<
	Record<string, (address: InterfaceAddress, by: bigint, isMinus: boolean) => InterfaceAddress>
> = {
	address: (address, by, isMinus) => ({ ...address, value: (address.value + (isMinus ? -by : by)) & allOnes(address) }),
	network(address, by, isMinus) {
		const hosts = allOnes(address) ^ maskOf(address);
		const at = isMinus ? lastOf(address) - by + 1n : networkOf(address) + by;
		return { ...address, value: networkOf(address) | (at & hosts) };
	},
	mask(address, length) {
		const prefixLength = Number(length);
		const masked = networkOf({ ...address, prefixLength });
		return { ...address, value: masked, prefixLength: Math.min(prefixLength, address.prefixLength) };
	},
};
