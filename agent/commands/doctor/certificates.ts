import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";

export interface CertificateFact {
	readonly file: string;
	readonly notBeforeMs: number;
	readonly notAfterMs: number;
}

/** The first certificate of a PEM file. Fails with `FILE_UNREADABLE`. */
export function readCertificate(file: string): CertificateFact {
	try {
		const { validFrom, validTo } = new X509Certificate(readFileSync(file));
		return { file, notBeforeMs: Date.parse(validFrom), notAfterMs: Date.parse(validTo) };
	} catch (error) {
		throw new DiscoError("FILE_UNREADABLE", `-certificate ${file} cannot be read: ${errorMessage(error)}`);
	}
}
