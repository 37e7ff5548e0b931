import type { X509Certificate } from "node:crypto";

/**
 * The subject of a certificate as it stands there (DER): an issuer's name must be equal byte for byte.
 *
 * RFC 5280 §4.1: Certificate { TBSCertificate { [0] version, serial, signature, issuer, validity, subject, ... } ... }.
 */
export function subjectOf(certificate: X509Certificate): Buffer {
	const raw = certificate.raw;
	const outer = elementAt(raw, 0);
	const inner = elementAt(raw, outer.contentStart);
	let position = inner.contentStart;
	if (raw[position] === 0xa0) position = elementAt(raw, position).end;
	// Serial, signature, issuer, validity.
	for (let skipped = 0; skipped < 4; skipped++) position = elementAt(raw, position).end;
	return raw.subarray(position, elementAt(raw, position).end);
}

function elementAt(bytes: Uint8Array, start: number): { readonly contentStart: number; readonly end: number } {
	const first = bytes[start + 1] ?? 0;
	if (first < 0x80) return { contentStart: start + 2, end: start + 2 + first };
	const octets = first & 0x7f;
	let length = 0;
	for (let index = 0; index < octets; index++) length = length * 256 + (bytes[start + 2 + index] ?? 0);
	return { contentStart: start + 2 + octets, end: start + 2 + octets + length };
}
