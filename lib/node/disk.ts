import { close, constants, open as openFile, writev } from "node:fs";
import { type FileHandle, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { AppendFile, Disk } from "../env/index.ts";
import { errorCode } from "../errors.ts";
import { syncFolder, writeFileAtomic } from "./atomic-file.ts";
import { makeFolders } from "./make-folders.ts";

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
		makeFolders(folder, 0o700);
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
		return appendFile(path, file, sizeBytes);
	} catch (error) {
		await file.close();
		throw error;
	}
}

function appendFile(path: string, file: FileHandle, openedSizeBytes: number): AppendFile {
	let sizeBytes = openedSizeBytes;
	/** Each write to it is synced when it returns: one way to the thread pool and back instead of two. */
	let synced: Promise<number> | undefined;
	/** Something before the end may not be synced: what a process that was killed had written, too. */
	let isUnsynced = openedSizeBytes > 0;
	let closed: Promise<void> | undefined;
	return {
		get sizeBytes() {
			return sizeBytes;
		},
		append,
		appendSynced: async (pieces) => {
			if (isUnsynced) {
				await append(pieces);
				await sync();
				return;
			}
			synced ??= promisify(openFile)(path, constants.O_WRONLY | constants.O_APPEND | constants.O_DSYNC);
			const descriptor = await synced;
			await writeAll(pieces, (rest) => written(descriptor, rest));
		},
		sync,
		truncate: async (toBytes) => {
			await file.truncate(toBytes);
			await file.sync();
			sizeBytes = toBytes;
		},
		close: () => {
			closed ??= closeBoth();
			return closed;
		},
	};

	async function append(pieces: readonly Uint8Array[]): Promise<void> {
		isUnsynced = true;
		await writeAll(pieces, async (rest) => (await file.writev(rest)).bytesWritten);
	}

	async function sync(): Promise<void> {
		await file.datasync();
		isUnsynced = false;
	}

	async function writeAll(
		pieces: readonly Uint8Array[],
		write: (rest: readonly Uint8Array[]) => Promise<number>,
	): Promise<void> {
		let left = pieces.reduce((sum, piece) => sum + piece.length, 0);
		for (let rest = pieces; left > 0; ) {
			// A nearly full disk takes a part; the next call then says why.
			const bytesWritten = await write(rest);
			sizeBytes += bytesWritten;
			left -= bytesWritten;
			rest = withoutFirst(rest, bytesWritten);
		}
	}

	async function closeBoth(): Promise<void> {
		const descriptor = await synced?.catch(() => undefined);
		if (descriptor !== undefined) await promisify(close)(descriptor);
		await file.close();
	}
}

function written(descriptor: number, pieces: readonly Uint8Array[]): Promise<number> {
	return new Promise((resolve, reject) => {
		writev(descriptor, pieces, (error, bytesWritten) => (error === null ? resolve(bytesWritten) : reject(error)));
	});
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
