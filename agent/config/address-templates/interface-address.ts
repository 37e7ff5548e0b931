import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { formatIpAddress, parseIpAddress } from "../../../lib/ip-address.ts";

/** One address of one interface of this machine. */
export interface InterfaceAddress {
	readonly name: string;
	readonly version: 4 | 6;
	/** As a number of 32 or 128 bits. */
	readonly value: bigint;
	readonly prefixLength: number;
	/** Of the interface: `up`, `broadcast`, `loopback`, `point-to-point`, `multicast`, `running`. */
	readonly flags: readonly string[];
	/** The interface has the default route. */
	readonly isDefault: boolean;
}

/** Flags of netdevice(7) that templates name. */
const flagBits: readonly (readonly [string, number])[] = [
	["up", 0x1],
	["broadcast", 0x2],
	["loopback", 0x8],
	["point-to-point", 0x10],
	["multicast", 0x1000],
];

/** Where the system does not tell. Node lists only what is up and running. */
const bitsOfLoopback = 0x9;
const bitsOfUsual = 0x1003;

/** Every address of every interface that is up, in the kernel's order of interfaces. */
export function interfaceAddresses(): InterfaceAddress[] {
	const defaultName = defaultInterface();
	return Object.entries(networkInterfaces())
		.map(([name, entries = []]) => ({ name, entries, index: Number(readSystem(name, "ifindex")) }))
		.sort((one, other) => one.index - other.index)
		.flatMap(({ name, entries }) => {
			const isLoopback = entries.some(({ internal }) => internal);
			const bits = Number(readSystem(name, "flags")) || (isLoopback ? bitsOfLoopback : bitsOfUsual);
			const flags = flagBits
				.filter(([, bit]) => (bits & bit) !== 0)
				.map(([flag]) => flag)
				.concat("running");
			return entries.map((entry) => {
				const prefixLength = Number(entry.cidr?.split("/")[1] ?? (entry.family === "IPv4" ? 32 : 128));
				return { ...addressOf(entry.address, prefixLength), name, flags, isDefault: name === defaultName };
			});
		});
}

/** An address without an interface: `10.0.0.0`, 8. */
export function addressOf(
	text: string,
	prefixLength: number,
): Pick<InterfaceAddress, "version" | "value" | "prefixLength"> {
	const { version, bytes } = parseIpAddress(text.split("%")[0] ?? "") ?? { version: 4, bytes: new Uint8Array(4) };
	return { version, value: [...bytes].reduce((value, byte) => value * 256n + BigInt(byte), 0n), prefixLength };
}

/** `10.0.0.1`. */
export function addressText({ version, value }: Pick<InterfaceAddress, "version" | "value">): string {
	const length = version === 4 ? 4 : 16;
	const bytes = Uint8Array.from({ length }, (_, at) => Number((value >> BigInt(8 * (length - 1 - at))) & 0xffn));
	return formatIpAddress({ version, bytes });
}

/** The interface of the first default route (proc(5), /proc/net/route: the destination is 0). */
function defaultInterface(): string {
	for (const line of readOrEmpty("/proc/net/route").split("\n").slice(1)) {
		const [name = "", destination, , flags] = line.split("\t");
		const isGateway = (Number.parseInt(flags ?? "0", 16) & 0x2) !== 0;
		if (destination === "00000000" && isGateway) return name;
	}
	return "";
}

function readSystem(name: string, file: string): string {
	return readOrEmpty(`/sys/class/net/${name.split(":")[0]}/${file}`).trim() || "0";
}

function readOrEmpty(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
