import { type KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { errorMessage } from "../../../lib/errors.ts";
import { createCertificate, subjectOf } from "../../../lib/x509/index.ts";
import { type GoValue, goFunc, stringType, structType } from "../../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "../context.ts";
import { textOf, typeName } from "../values.ts";
import { newCertificateKey, pemOf, privateKeyOf, publicKeyOf } from "./private-keys.ts";

/** A certificate and its private key, both PEM. */
interface Pair {
	readonly Cert: string;
	readonly Key: string;
}

const types = { "sprig.certificate": structType("sprig.certificate", { Cert: stringType, Key: stringType }) };
type List = readonly GoValue[] | undefined;

/** Certificates for servers and clients, and authorities that sign them. Each call makes new ones. */
export function sprigCertificateFunctions({ nowMs }: FunctionContext): FunctionFamily {
	const fn = (parameters: string, call: (...raw: never[]) => Pair) =>
		goFunc(`func(${parameters}) (sprig.certificate, error)`, call, types);

	function authority(name: string, days: number, key: KeyObject): Pair {
		const publicKey = publicKeyOf(key);
		const usages = ["server", "client"] as const;
		const content = { publicKey, issuerPublicKey: publicKey, days, nowMs: nowMs(), usages };
		return {
			Cert: createCertificate({ ...content, subject: [["CN", name]], authority: { permittedDomains: [] } }, key),
			Key: pemOf(key),
		};
	}

	function leaf(name: string, addresses: List, names: List, days: number, key: KeyObject, signer?: Pair): Pair {
		const issuer = signer === undefined ? undefined : issuerOf(signer);
		const publicKey = publicKeyOf(key);
		const content = {
			subject: [["CN", name]] as const,
			publicKey,
			issuerPublicKey: issuer?.certificate.publicKey ?? publicKey,
			days,
			nowMs: nowMs(),
			dnsNames: dnsNames(names),
			ipAddresses: ipAddresses(addresses),
			usages: ["server", "client"] as const,
			...(issuer === undefined ? {} : { issuer: subjectOf(issuer.certificate) }),
		};
		return { Cert: createCertificate(content, issuer?.key ?? key), Key: pemOf(key) };
	}

	return {
		buildCustomCert: fn("string, string", customCertificate),
		genCA: fn("string, int", (name: string, days: number) => authority(name, days, newCertificateKey())),
		genCAWithKey: fn("string, int, string", (name: string, days: number, key: string) =>
			authority(name, days, parsedKey(key)),
		),
		genSelfSignedCert: fn("string, []any, []any, int", (name: string, ips: List, names: List, days: number) =>
			leaf(name, ips, names, days, newCertificateKey()),
		),
		genSelfSignedCertWithKey: fn(
			"string, []any, []any, int, string",
			(name: string, ips: List, names: List, days: number, key: string) => leaf(name, ips, names, days, parsedKey(key)),
		),
		genSignedCert: fn(
			"string, []any, []any, int, sprig.certificate",
			(name: string, ips: List, names: List, days: number, ca: Pair) =>
				leaf(name, ips, names, days, newCertificateKey(), ca),
		),
		genSignedCertWithKey: fn(
			"string, []any, []any, int, sprig.certificate, string",
			(name: string, ips: List, names: List, days: number, ca: Pair, key: string) =>
				leaf(name, ips, names, days, parsedKey(key), ca),
		),
	};
}

function parsedKey(pem: string): KeyObject {
	return named("parsing private key", () => privateKeyOf(pem));
}

function issuerOf({ Cert, Key }: Pair) {
	if (!Cert.includes("-----BEGIN ")) throw new Error("unable to decode certificate");
	return {
		certificate: named("error parsing certificate", () => new X509Certificate(Cert)),
		key: named("error parsing private key", () => privateKeyOf(Key)),
	};
}

/** A certificate and key that somebody else made, both base64 of PEM. */
function customCertificate(encodedCertificate: string, encodedKey: string): Pair {
	const Cert = decoded(encodedCertificate, "certificate");
	const Key = decoded(encodedKey, "private key");
	issuerOf({ Cert, Key });
	return { Cert, Key };
}

function decoded(encoded: string, what: string): string {
	const plain = encoded.replaceAll(/[\r\n]/g, "");
	if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain) || plain.length % 4 !== 0) {
		throw new Error(`unable to decode base64 ${what}`);
	}
	return Buffer.from(plain, "base64").toString("utf8");
}

function ipAddresses(list: List): readonly string[] {
	return (list ?? []).map((address) => {
		const text = textOf(address);
		if (text === undefined) throw new Error(`error parsing ip: a ${typeName(address)} is not a string`);
		if (isIP(text) === 0) throw new Error(`error parsing ip: ${text}`);
		return text;
	});
}

function dnsNames(list: List): readonly string[] {
	return (list ?? []).map((name) => {
		const text = textOf(name);
		if (text === undefined) {
			throw new Error(`error processing alternate dns name: a ${typeName(name)} is not a string`);
		}
		return text;
	});
}

function named<T>(what: string, run: () => T): T {
	try {
		return run();
	} catch (error) {
		throw new Error(`${what}: ${errorMessage(error)}`);
	}
}
