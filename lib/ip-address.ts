const dotCode = 0x2e;
const zeroCode = 0x30;

/** An IP address as 4 or 16 bytes, network order. */
export interface IpAddress {
	readonly version: 4 | 6;
	readonly bytes: Uint8Array;
}

/**
 * Reads an IP address as Go's `net.ParseIP` does: no leading zeros in IPv4, no zone in IPv6, and an IPv4-mapped IPv6 address is
 * the IPv4 address. Undefined for anything else, such as a host name.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
	if (!text.includes(":")) {
		const bytes = parseIpv4(text);
		return bytes === undefined ? undefined : { version: 4, bytes };
	}
	const bytes = parseIpv6(text);
	return bytes === undefined ? undefined : ipAddressOf(bytes);
}

/** 4 or 16 bytes as an address; IPv4-mapped IPv6 becomes IPv4. Undefined for another length. */
export function ipAddressOf(bytes: Uint8Array): IpAddress | undefined {
	if (bytes.length === 4) return { version: 4, bytes };
	if (bytes.length !== 16) return undefined;
	const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
	return mapped ? { version: 4, bytes: bytes.slice(12) } : { version: 6, bytes };
}

/** 8 or 32 lower-case hex digits, as `<hex>.addr.<domain>` has them. */
export function ipAddressHex(address: IpAddress): string {
	return Buffer.from(address.bytes).toString("hex");
}

/** The usual text; IPv6 as RFC 5952 wants it. */
export function formatIpAddress(address: IpAddress): string {
	if (address.version === 4) return address.bytes.join(".");
	const groups = Array.from({ length: 8 }, (_, at) =>
		(((address.bytes[2 * at] ?? 0) << 8) | (address.bytes[2 * at + 1] ?? 0)).toString(16),
	);
	const zeros = longestZeroRun(groups);
	if (zeros.length < 2) return groups.join(":");
	return `${groups.slice(0, zeros.start).join(":")}::${groups.slice(zeros.start + zeros.length).join(":")}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
	let best = { start: 0, length: 0 };
	for (let start = 0; start < groups.length; start++) {
		let length = 0;
		while (groups[start + length] === "0") length++;
		if (length > best.length) best = { start, length };
	}
	return best;
}

/** In one pass: this runs for every instance of every answer. */
function parseIpv4(text: string): Uint8Array | undefined {
	const bytes = new Uint8Array(4);
	let part = 0;
	let digits = 0;
	let value = 0;
	for (let at = 0; at <= text.length; at++) {
		const code = at === text.length ? dotCode : text.charCodeAt(at);
		if (code === dotCode) {
			if (digits === 0 || value > 255 || part > 3) return undefined;
			bytes[part++] = value;
			digits = 0;
			value = 0;
		} else {
			const digit = code - zeroCode;
			const leadingZero = digits > 0 && value === 0;
			if (digit < 0 || digit > 9 || leadingZero || digits === 3) return undefined;
			value = value * 10 + digit;
			digits++;
		}
	}
	return part === 4 ? bytes : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
	const halves = text.split("::");
	if (halves.length > 2) return undefined;
	const head = parseGroups(halves[0] ?? "", halves.length === 1);
	const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
	if (head === undefined || tail === undefined) return undefined;
	const missing = 16 - head.length - tail.length;
	// "::" stands for at least one group.
	if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
	return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** Bytes of colon-separated groups; the last may be an IPv4 address when it ends the whole text. */
function parseGroups(text: string, endsAddress: boolean): number[] | undefined {
	if (text === "") return [];
	const bytes: number[] = [];
	const groups = text.split(":");
	for (const [at, group] of groups.entries()) {
		if (endsAddress && at === groups.length - 1 && group.includes(".")) {
			const ipv4 = parseIpv4(group);
			if (ipv4 === undefined) return undefined;
			bytes.push(...ipv4);
		} else {
			if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
			const value = Number.parseInt(group, 16);
			bytes.push(value >> 8, value & 0xff);
		}
	}
	return bytes;
}
