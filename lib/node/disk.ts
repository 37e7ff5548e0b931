import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { AppendFile, Disk } from "../env/index.ts";
import { errorCode } from "../errors.ts";
import { syncFolder, writeFileAtomic } from "./atomic-file.ts";

/** The file system. Paths are absolute, or relative to the working directory. */
export const nodeDisk: Disk = {
	read: (path) => unlessMissing(async () => plainBytes(await readFile(path)), undefined),
	writeAtomic: (path, content, mode = 0o600) => writeFileAtomic(path, content, { mode }),
	rename: async (from, to) => {
		await rename(from, to);
		await syncFolder(dirname(to));
	},
	openAppend,
	list: (folder) => unlessMissing(async () => (await readdir(folder)).sort(), []),
	makeFolder: async (folder) => {
		await mkdir(folder, { recursive: true, mode: 0o700 });
	},
	remove: async (path) => {
		const removed = await unlessMissing(async () => {
			await rm(path);
			return true;
		}, false);
		if (removed) await syncFolder(dirname(path));
	},
};

async function openAppend(path: string): Promise<AppendFile> {
	const file = await open(path, "a", 0o600);
	try {
		const sizeBytes = (await file.stat()).size;
		if (sizeBytes === 0) await syncFolder(dirname(path));
		return appendFile(file, sizeBytes);
	} catch (error) {
		await file.close();
		throw error;
	}
}

function appendFile(file: FileHandle, openedSizeBytes: number): AppendFile {
	let sizeBytes = openedSizeBytes;
	let closed: Promise<void> | undefined;
	return {
		get sizeBytes() {
			return sizeBytes;
		},
		append: async (pieces) => {
			let left = pieces.reduce((sum, piece) => sum + piece.length, 0);
			let rest = [...pieces];
			while (left > 0) {
				// A nearly full disk takes a part; the next call then says why.
				const { bytesWritten } = await file.writev(rest);
				sizeBytes += bytesWritten;
				left -= bytesWritten;
				rest = withoutFirst(rest, bytesWritten);
			}
		},
		sync: () => file.datasync(),
		truncate: async (toBytes) => {
			await file.truncate(toBytes);
			await file.sync();
			sizeBytes = toBytes;
		},
		close: () => {
			closed ??= file.close();
			return closed;
		},
	};
}

function withoutFirst(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
	let skip = count;
	const rest: Uint8Array[] = [];
	for (const piece of pieces) {
		if (skip < piece.length) rest.push(piece.subarray(skip));
		skip = Math.max(0, skip - piece.length);
	}
	return rest;
}

/** A Buffer's `slice` shares memory where a Uint8Array's copies: what leaves here is a plain one. */
function plainBytes(buffer: Buffer): Uint8Array {
	return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

async function unlessMissing<Value>(run: () => Promise<Value>, otherwise: Value): Promise<Value> {
	try {
		return await run();
	} catch (error) {
		if (errorCode(error) === "ENOENT") return otherwise;
		throw error;
	}
}
