/** Record and question types by name (IANA, DNS parameters). Others are carried as plain numbers. */
export const recordType = {
	A: 1,
	NS: 2,
	CNAME: 5,
	SOA: 6,
	PTR: 12,
	TXT: 16,
	AAAA: 28,
	SRV: 33,
	OPT: 41,
	AXFR: 252,
	ANY: 255,
} as const;

export const responseCode = {
	NOERROR: 0,
	FORMERR: 1,
	SERVFAIL: 2,
	NXDOMAIN: 3,
	NOTIMP: 4,
	REFUSED: 5,
} as const;

export type RecordData =
	| { readonly kind: "A" | "AAAA"; readonly address: Uint8Array }
	| { readonly kind: "CNAME" | "NS" | "PTR"; readonly target: string }
	| {
			readonly kind: "SRV";
			readonly priority: number;
			readonly weight: number;
			readonly port: number;
			readonly target: string;
	  }
	/** One string each, at most 255 bytes; readers join them (RFC 1035 section 3.3.14). */
	| { readonly kind: "TXT"; readonly texts: readonly Uint8Array[] }
	| {
			readonly kind: "SOA";
			readonly primary: string;
			readonly mailbox: string;
			readonly serial: number;
			readonly refreshSeconds: number;
			readonly retrySeconds: number;
			readonly expireSeconds: number;
			readonly minTtlSeconds: number;
	  };

/** A resource record of class IN. Names are dotted text without the last dot, in the case to be sent; the root is empty. */
export interface DnsRecord {
	readonly owner: string;
	readonly ttlSeconds: number;
	readonly data: RecordData;
}

/** The three record sections of an answer, without EDNS's OPT record. */
export interface Sections {
	readonly answers: readonly DnsRecord[];
	readonly authority: readonly DnsRecord[];
	readonly additional: readonly DnsRecord[];
}

const labelBytesMax = 63;
const nameBytesMax = 253;

/** Whether a message can carry the name: labels of 1 to 63 bytes, 253 bytes in all (RFC 1035 section 2.3.4). */
export function isEncodableName(name: string): boolean {
	if (Buffer.byteLength(name) > nameBytesMax) return false;
	for (let start = 0; start <= name.length; ) {
		const dot = name.indexOf(".", start);
		const end = dot < 0 ? name.length : dot;
		const length = end - start;
		if (length === 0 || length > labelBytesMax) return false;
		// Only in a label with other than ASCII characters are there more bytes than characters.
		if (length * 3 > labelBytesMax && Buffer.byteLength(name.slice(start, end)) > labelBytesMax) return false;
		start = end + 1;
	}
	return true;
}
