import { createHash, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
	bitString,
	boolean,
	context,
	objectIdentifier,
	octetString,
	printableString,
	sequence,
	set,
	time,
	unsignedInteger,
	utf8String,
} from "./der.ts";

const dayMs = 86_400_000;
/** A clock that is a little behind must not refuse a new certificate. */
const backdateMs = 60_000;

/** Parts of a subject's name, in the order of the certificate. */
export type NamePart = readonly ["C" | "ST" | "L" | "O" | "STREET" | "POSTAL" | "CN", string];

/** What a certificate says. */
export interface CertificateContent {
	readonly subject: readonly NamePart[];
	/** The issuer's subject as it stands in its certificate (DER); the own subject for a certificate that signs itself. */
	readonly issuer?: Uint8Array;
	readonly publicKey: KeyObject;
	/** Of the issuer; the own one for a certificate that signs itself. */
	readonly issuerPublicKey: KeyObject;
	readonly days: number;
	readonly nowMs: number;
	/** May sign others, with the DNS domains it may sign for (all when empty). */
	readonly authority?: { readonly permittedDomains: readonly string[] };
	readonly dnsNames?: readonly string[];
	readonly ipAddresses?: readonly string[];
	readonly usages?: readonly ("server" | "client")[];
}

const oid = {
	C: "2.5.4.6",
	ST: "2.5.4.8",
	L: "2.5.4.7",
	O: "2.5.4.10",
	STREET: "2.5.4.9",
	POSTAL: "2.5.4.17",
	CN: "2.5.4.3",
	server: "1.3.6.1.5.5.7.3.1",
	client: "1.3.6.1.5.5.7.3.2",
	subjectKeyId: "2.5.29.14",
	keyUsage: "2.5.29.15",
	subjectAltName: "2.5.29.17",
	basicConstraints: "2.5.29.19",
	nameConstraints: "2.5.29.30",
	authorityKeyId: "2.5.29.35",
	extendedKeyUsage: "2.5.29.37",
	ecdsaWithSha256: "1.2.840.10045.4.3.2",
	rsaWithSha256: "1.2.840.113549.1.1.11",
	ed25519: "1.3.101.112",
} as const;

/** A version 3 certificate (RFC 5280) as PEM, signed by an EC or RSA key with SHA-256, or by an Ed25519 key (RFC 8410). */
export function createCertificate(content: CertificateContent, signer: KeyObject): string {
	const subject = nameElement(content.subject);
	const signature = signatureAlgorithm(signer);
	const toSign = sequence(
		context(0, true, unsignedInteger(Buffer.from([2]))),
		// RFC 5280 §4.1.2.2: at most 20 octets, positive; random, so that no two authorities' collide.
		unsignedInteger(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
		signature,
		content.issuer ?? subject,
		sequence(time(content.nowMs - backdateMs), time(content.nowMs + content.days * dayMs)),
		subject,
		content.publicKey.export({ type: "spki", format: "der" }),
		context(3, true, sequence(...extensions(content))),
	);
	const certificate = sequence(toSign, signature, bitString(sign(digestOf(signer), toSign, signer)));
	const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
	return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function signatureAlgorithm({ asymmetricKeyType }: KeyObject): Buffer {
	if (asymmetricKeyType === "ed25519") return sequence(objectIdentifier(oid.ed25519));
	if (asymmetricKeyType === "ec") return sequence(objectIdentifier(oid.ecdsaWithSha256));
	return sequence(objectIdentifier(oid.rsaWithSha256), Buffer.from([0x05, 0x00]));
}

/** Ed25519 hashes by itself. */
function digestOf({ asymmetricKeyType }: KeyObject): "sha256" | null {
	return asymmetricKeyType === "ed25519" ? null : "sha256";
}

function nameElement(parts: readonly NamePart[]): Buffer {
	return sequence(
		...parts.map(([type, text]) =>
			set(sequence(objectIdentifier(oid[type]), type === "C" ? printableString(text) : utf8String(text))),
		),
	);
}

function extensions(content: CertificateContent): Buffer[] {
	const { authority, dnsNames = [], ipAddresses = [], usages = [] } = content;
	const list: Buffer[] = [];
	const add = (id: string, critical: boolean, value: Uint8Array) =>
		list.push(sequence(objectIdentifier(id), ...(critical ? [boolean(true)] : []), octetString(value)));
	// RFC 5280 §4.2.1.3, bits from the left: 0 digitalSignature, 2 keyEncipherment, 5 keyCertSign, 6 cRLSign.
	if (authority === undefined) add(oid.keyUsage, true, bitString(Buffer.from([0b1010_0000]), 5));
	else add(oid.keyUsage, true, bitString(Buffer.from([0b1000_0110]), 1));
	if (usages.length > 0)
		add(oid.extendedKeyUsage, false, sequence(...usages.map((each) => objectIdentifier(oid[each]))));
	add(oid.basicConstraints, true, authority === undefined ? sequence() : sequence(boolean(true)));
	add(oid.subjectKeyId, false, octetString(keyId(content.publicKey)));
	add(oid.authorityKeyId, false, sequence(context(0, false, keyId(content.issuerPublicKey))));
	if (dnsNames.length + ipAddresses.length > 0) {
		add(
			oid.subjectAltName,
			false,
			sequence(
				...dnsNames.map((name) => context(2, false, Buffer.from(name, "latin1"))),
				...ipAddresses.map((address) => context(7, false, addressOctets(address))),
			),
		);
	}
	if (authority !== undefined && authority.permittedDomains.length > 0) {
		const permitted = authority.permittedDomains.map((domain) =>
			sequence(context(2, false, Buffer.from(domain, "latin1"))),
		);
		add(oid.nameConstraints, true, sequence(context(0, true, ...permitted)));
	}
	return list;
}

/** A hash of the public key, by which certificates find their issuer's (RFC 5280 §4.2.1.2, with SHA-256). */
function keyId(key: KeyObject): Buffer {
	return createHash("sha256")
		.update(key.export({ type: "spki", format: "der" }))
		.digest()
		.subarray(0, 20);
}

/** Octets of an IP address. It must be one (the caller has checked it). */
function addressOctets(address: string): Buffer {
	if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
	if (!isIPv6(address)) throw new Error(`${address} is no IP address`);
	// The URL parser writes the one canonical text of an IPv6 address.
	const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
	const left = head === "" ? [] : head.split(":");
	const right = tail === undefined || tail === "" ? [] : tail.split(":");
	const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
	return Buffer.from(groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
}
