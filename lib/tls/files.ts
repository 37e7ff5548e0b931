import { constants, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { DiscoError, errorMessage } from "../errors.ts";
import type { InterfaceTls } from "./interface-tls.ts";

/** What Node's TLS takes; `ca` is absent when no authority is configured (Node then trusts the system's). */
export interface TlsFiles extends SecureContextOptions {
	readonly ca?: string[];
	readonly cert?: string;
	readonly key?: string;
}

/** What Node makes a context between agents of: no session tickets. */
export function contextOptions(files: TlsFiles): SecureContextOptions {
	return { ...files, secureOptions: constants.SSL_OP_NO_TICKET };
}

const certificateFileBytesMax = 1024 * 1024;

/**
 * Reads the files of an interface and checks them: certificates that can be read, a key that fits. Fails with `TLS_FILE_INVALID`,
 * naming the file and what would be right; no text of a key is ever part of an error.
 */
export function readTlsFiles(tls: InterfaceTls): TlsFiles {
	const ca = [...(tls.caFile === "" ? [] : [tls.caFile]), ...(tls.caFolder === "" ? [] : filesOf(tls.caFolder))].map(
		readCertificates,
	);
	const cert = tls.certFile === "" ? undefined : readCertificates(tls.certFile);
	const key = tls.keyFile === "" ? undefined : readPem(tls.keyFile);
	if ((cert === undefined) !== (key === undefined)) {
		const [given, missing] = cert === undefined ? ["key_file", "cert_file"] : ["cert_file", "key_file"];
		throw invalid(`${given} is given and ${missing} is not; a certificate and its key go together`);
	}
	const ciphers = ciphersOf(tls);
	const files: TlsFiles = {
		minVersion: tls.versionMin,
		...(ciphers === undefined ? {} : { ciphers }),
		...(ca.length === 0 ? {} : { ca }),
		...(cert === undefined || key === undefined ? {} : { cert, key }),
	};
	try {
		createSecureContext(files);
	} catch (error) {
		throw invalid(
			`${tls.certFile} and ${tls.keyFile} do not go together or cannot be used: ${errorMessage(error)}; give a PEM certificate and its key without a passphrase`,
			error,
		);
	}
	return files;
}

/** A line for each key of these interfaces that others than its owner and group may read. */
export function openKeyWarnings(interfaces: readonly InterfaceTls[]): readonly string[] {
	const paths = new Set(interfaces.map(({ keyFile }) => keyFile).filter((path) => path !== ""));
	return [...paths].flatMap((path) => {
		const mode = (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
		if ((mode & 0o007) === 0) return [];
		return [`key_file ${path}: it is open to everybody (mode ${mode.toString(8)}); chmod 600 ${path}`];
	});
}

/** OpenSSL 3 does not negotiate TLS 1.0 and 1.1 above security level 0. */
function ciphersOf({ suites, versionMin }: InterfaceTls): string | undefined {
	const isOld = versionMin === "TLSv1" || versionMin === "TLSv1.1";
	if (suites.length === 0) return isOld ? "DEFAULT:@SECLEVEL=0" : undefined;
	// The suites of TLS 1.3 are not chosen here, as in the reference.
	const all = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", ...suites];
	return [...all, ...(isOld ? ["@SECLEVEL=0"] : [])].join(":");
}

function filesOf(folder: string): string[] {
	try {
		return readdirSync(folder)
			.sort()
			.map((name) => join(folder, name))
			.filter((path) => statSync(path).isFile());
	} catch (error) {
		throw invalid(`ca_path ${folder} cannot be read: ${errorMessage(error)}; give a folder of PEM certificates`, error);
	}
}

/** A file of one or more certificates; text around them is allowed. */
function readCertificates(path: string): string {
	const text = readPem(path);
	const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
	if (blocks.length === 0)
		throw invalid(`${path} has no certificate; give a PEM file with -----BEGIN CERTIFICATE-----`);
	for (const block of blocks) {
		try {
			new X509Certificate(block);
		} catch (error) {
			throw invalid(`${path}: a certificate in it cannot be read: ${errorMessage(error)}`, error);
		}
	}
	return text;
}

function readPem(path: string): string {
	try {
		if (statSync(path).size > certificateFileBytesMax) throw new Error(`larger than ${certificateFileBytesMax} bytes`);
		return readFileSync(path, "utf8");
	} catch (error) {
		throw invalid(`${path} cannot be read: ${errorMessage(error).split(", ")[0]}; give a readable PEM file`, error);
	}
}

function invalid(text: string, cause?: unknown): DiscoError {
	return new DiscoError("TLS_FILE_INVALID", `TLS: ${text}`, cause === undefined ? {} : { cause });
}
