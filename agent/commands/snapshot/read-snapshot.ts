import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";

/** `meta.json` of a snapshot's archive. */
export interface SnapshotMeta {
	readonly ID: string;
	/** Bytes of the state. */
	readonly Size: number;
	readonly Index: number;
	readonly Term: number;
	readonly Version: number;
}

/** A larger file is unpacked piece by piece by the servers only. */
const unpackedBytesMax = 2 * 1024 * 1024 * 1024;

/**
 * The content of a snapshot file: a gzip tar with `meta.json`, `state.bin` and their `SHA256SUMS`, of disco or of the reference.
 * Fails with `FILE_UNREADABLE`, or `SNAPSHOT_INVALID` when it is none or a checksum is wrong.
 */
export async function readSnapshot(file: string): Promise<{ readonly meta: SnapshotMeta; readonly state: Uint8Array }> {
	const packed = await readFile(file).catch((error: unknown) => {
		throw new DiscoError("FILE_UNREADABLE", `snapshot ${file} cannot be read: ${errorMessage(error)}`);
	});
	const invalid = (why: string) => new DiscoError("SNAPSHOT_INVALID", `${file} is not a whole snapshot: ${why}`);
	const unpacked = await promisify(gunzip)(packed, { maxOutputLength: unpackedBytesMax }).catch((error: unknown) => {
		throw invalid(errorMessage(error));
	});
	const files = tarFiles(unpacked);
	const [meta, state, sums] = ["meta.json", "state.bin", "SHA256SUMS"].map((name) => files.get(name));
	if (meta === undefined || state === undefined || sums === undefined) {
		throw invalid("meta.json, state.bin or SHA256SUMS is missing");
	}
	for (const line of Buffer.from(sums).toString("utf8").trim().split("\n")) {
		const [sum, name = ""] = line.split(/\s+/);
		const content = files.get(name);
		if (content === undefined || createHash("sha256").update(content).digest("hex") !== sum) {
			throw invalid(`${name} does not have its checksum`);
		}
	}
	try {
		return { meta: JSON.parse(Buffer.from(meta).toString("utf8")) as SnapshotMeta, state };
	} catch (error) {
		throw invalid(`meta.json: ${errorMessage(error)}`);
	}
}

const blockBytes = 512;

/** POSIX ustar: a block with name (0) and octal size (124), then the content in whole blocks. */
function tarFiles(bytes: Buffer): ReadonlyMap<string, Uint8Array> {
	const files = new Map<string, Uint8Array>();
	for (let at = 0; at + blockBytes <= bytes.length && bytes[at] !== 0; ) {
		const name = bytes.toString("utf8", at, at + 100).replace(/\0[\s\S]*$/, "");
		const sizeBytes = Number.parseInt(bytes.toString("latin1", at + 124, at + 136).trim(), 8);
		if (!Number.isSafeInteger(sizeBytes)) break;
		const start = at + blockBytes;
		files.set(name, bytes.subarray(start, start + sizeBytes));
		at = start + Math.ceil(sizeBytes / blockBytes) * blockBytes;
	}
	return files;
}
