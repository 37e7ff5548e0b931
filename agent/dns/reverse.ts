import { formatIpAddress, ipAddressOf } from "../../lib/ip-address.ts";

/** Whether reverse lookups are asked here: the name is `arpa` or lies below it. */
export function isReverseName(name: string): boolean {
	return /(?:^|\.)arpa$/i.test(name);
}

/**
 * The address that a reverse name spells (RFC 1035 section 3.5, RFC 3596 section 2.5), as `formatIpAddress` writes it;
 * undefined for a name that spells no whole address.
 */
export function addressOfReverseName(name: string): string | undefined {
	const labels = name.toLowerCase().split(".").reverse();
	const [, family, ...digits] = labels;
	if (family === "in-addr" && digits.length === 4) {
		if (!digits.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined;
		return digits.join(".");
	}
	if (family !== "ip6" || digits.length !== 32 || !digits.every((digit) => /^[0-9a-f]$/.test(digit))) return undefined;
	const address = ipAddressOf(Buffer.from(digits.join(""), "hex"));
	return address === undefined ? undefined : formatIpAddress(address);
}
