import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { DiscoError } from "../../lib/errors.ts";

/** `0.0.0.0` or `::`, which stand for all addresses of the machine. */
export function isAnyAddress(address: string): boolean {
	return address === "0.0.0.0" || address === "::" || address === "[::]";
}

/**
 * Addresses divided by blanks: IP addresses, or `unix:///path`. Fails with `CONFIG_INVALID`, naming the key.
 */
export function parseAddresses(key: string, text: string): string[] {
	const addresses = text.split(/\s+/).filter((part) => part !== "");
	if (addresses.length === 0) throw new DiscoError("CONFIG_INVALID", `${key}: no address is given`);
	return addresses.map((given) => {
		const address = given.replace(/^\[(.*)\]$/, "$1");
		if (address === "localhost") return "127.0.0.1";
		if (isIP(address) === 0 && !address.startsWith("unix://")) {
			throw new DiscoError("CONFIG_INVALID", `${key}: "${given}" is not an IP address (nor unix:///path)`);
		}
		return address;
	});
}

/** `1.2.3.4`, `1.2.3.4:53`, `[::1]:53`; port 53 unless given. */
export function parseRecursor(text: string): { readonly host: string; readonly port: number } {
	const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
	const host = match?.[1] ?? match?.[2] ?? text;
	const port = Number(match?.[3] ?? 53);
	if (isIP(host) === 0 || port < 1 || port > 65535) {
		throw new DiscoError("CONFIG_INVALID", `recursors: "${text}" is not an address such as 10.0.0.2 or 10.0.0.2:53`);
	}
	return { host, port };
}

/** IPv4 addresses of this machine's interfaces but loopback, private ones (RFC 1918) first. */
export function hostAddresses(): string[] {
	const addresses = Object.values(networkInterfaces())
		.flatMap((entries) => entries ?? [])
		.filter((entry) => entry.family === "IPv4" && !entry.internal)
		.map((entry) => entry.address);
	const isPrivate = (address: string) => /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(address);
	return [...addresses.filter(isPrivate), ...addresses.filter((address) => !isPrivate(address))];
}
