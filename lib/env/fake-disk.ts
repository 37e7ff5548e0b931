import { DiscoError } from "../errors.ts";
import type { AppendFile, Disk } from "./disk.ts";
import { between } from "./fake-random.ts";
import type { Random } from "./random.ts";

/** What is tried on the disk; where a fault can be planted. */
export type DiskOperation = "read" | "write" | "rename" | "open" | "append" | "sync" | "truncate" | "list" | "remove";

interface File {
	bytes: Uint8Array;
	/** What survives a crash for sure. */
	syncedSizeBytes: number;
}

/** Unit in which a disk writes: after a crash each of the unsynced ones is there or not. */
const sectorSizeBytes = 512;

/**
 * A disk in memory that keeps `Disk`'s promises and not more: a crash takes away what was not synced, wholly, in part, or with
 * holes. Operations take no time unless `delay` says so.
 */
export class FakeDisk implements Disk {
	readonly #files = new Map<string, File>();
	readonly #folders = new Set<string>();
	readonly #delay: (operation: DiskOperation) => Promise<void>;
	#fault: ((operation: DiskOperation, path: string) => DiscoError | undefined) | undefined;
	readonly #inFlight = new Set<() => void>();
	#crashed = false;

	constructor(options: { readonly delay?: (operation: DiskOperation) => Promise<void> } = {}) {
		this.#delay = options.delay ?? (async () => undefined);
	}

	/** From now on `fault` decides before each operation whether it fails (nothing is done then); undefined ends it. */
	plant(fault: ((operation: DiskOperation, path: string) => DiscoError | undefined) | undefined): void {
		this.#fault = fault;
	}

	/**
	 * The power goes: this object never answers again, to nobody. The result is the disk as it is found after the restart: of what
	 * was in flight or not synced chance decides.
	 */
	crash(random: Random): FakeDisk {
		this.#crashed = true;
		for (const effect of this.#inFlight) if (random.next() < 0.5) effect();
		const found = new FakeDisk({ delay: this.#delay });
		for (const [path, file] of this.#files) found.#files.set(path, whatIsLeft(file, random));
		for (const folder of this.#folders) found.#folders.add(folder);
		return found;
	}

	/** For tests that damage a file. */
	edit(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
		const file = this.#files.get(normal(path));
		if (file === undefined) throw new Error(`no such file: ${path}`);
		file.bytes = change(file.bytes);
		file.syncedSizeBytes = file.bytes.length;
	}

	read(path: string): Promise<Uint8Array | undefined> {
		return this.#run("read", path, () => this.#files.get(normal(path))?.bytes.slice());
	}

	writeAtomic(path: string, content: Uint8Array): Promise<void> {
		return this.#run("write", path, () => {
			this.#files.set(normal(path), { bytes: content.slice(), syncedSizeBytes: content.length });
		});
	}

	rename(from: string, to: string): Promise<void> {
		return this.#run("rename", from, () => {
			const file = this.#files.get(normal(from));
			if (file === undefined) throw new DiscoError("ENOENT", `no such file: ${from}`);
			this.#files.delete(normal(from));
			this.#files.set(normal(to), file);
		});
	}

	async openAppend(path: string): Promise<AppendFile> {
		const file = await this.#run("open", path, () => {
			const existing = this.#files.get(normal(path)) ?? { bytes: new Uint8Array(), syncedSizeBytes: 0 };
			this.#files.set(normal(path), existing);
			return existing;
		});
		const run = <Value>(operation: DiskOperation, effect: () => Value) => this.#run(operation, path, effect);
		const append = (pieces: readonly Uint8Array[]) => run("append", () => appendTo(file, pieces));
		const sync = () => {
			const sizeBytes = file.bytes.length;
			return run("sync", () => {
				file.syncedSizeBytes = Math.max(file.syncedSizeBytes, Math.min(sizeBytes, file.bytes.length));
			});
		};
		return {
			get sizeBytes() {
				return file.bytes.length;
			},
			append,
			sync,
			appendSynced: async (pieces) => {
				await append(pieces);
				await sync();
			},
			truncate: (sizeBytes) =>
				run("truncate", () => {
					file.bytes = file.bytes.slice(0, sizeBytes);
					file.syncedSizeBytes = file.bytes.length;
				}),
			close: async () => undefined,
		};
	}

	list(folder: string): Promise<string[]> {
		return this.#run("list", folder, () => {
			const inside = normal(folder) === "" ? "" : `${normal(folder)}/`;
			const paths = [...this.#files.keys(), ...this.#folders];
			const names = paths.filter((path) => path.startsWith(inside)).map((path) => path.slice(inside.length));
			return [...new Set(names.map((name) => name.split("/")[0] as string).filter((name) => name !== ""))].sort();
		});
	}

	async makeFolder(folder: string): Promise<void> {
		this.#folders.add(normal(folder));
	}

	remove(path: string): Promise<void> {
		return this.#run("remove", path, () => {
			this.#files.delete(normal(path));
		});
	}

	async #run<Value>(operation: DiskOperation, path: string, effect: () => Value): Promise<Value> {
		if (this.#crashed) return new Promise(() => undefined);
		const fault = this.#fault?.(operation, path);
		if (fault !== undefined) throw fault;
		const quietly = () => {
			try {
				effect();
			} catch {
				// The crash came first: nobody hears of it.
			}
		};
		this.#inFlight.add(quietly);
		await this.#delay(operation);
		if (this.#crashed) return new Promise(() => undefined);
		this.#inFlight.delete(quietly);
		return effect();
	}
}

function appendTo(file: File, pieces: readonly Uint8Array[]): void {
	const grown = new Uint8Array(file.bytes.length + pieces.reduce((sum, piece) => sum + piece.length, 0));
	grown.set(file.bytes);
	let at = file.bytes.length;
	for (const piece of pieces) {
		grown.set(piece, at);
		at += piece.length;
	}
	file.bytes = grown;
}

/** A part of the unsynced tail; sectors inside it may be lost (zeros) though later ones are there. */
function whatIsLeft({ bytes, syncedSizeBytes }: File, random: Random): File {
	const left = bytes.slice(0, syncedSizeBytes + between(random, 0, bytes.length - syncedSizeBytes));
	const holes = random.next() < 0.5;
	for (let from = syncedSizeBytes; holes && from < left.length; from = nextSector(from))
		if (random.next() < 0.5) left.fill(0, from, Math.min(nextSector(from), left.length));
	return { bytes: left, syncedSizeBytes: left.length };
}

function nextSector(at: number): number {
	return (Math.floor(at / sectorSizeBytes) + 1) * sectorSizeBytes;
}

function normal(path: string): string {
	return path
		.split("/")
		.filter((part) => part !== "" && part !== ".")
		.join("/");
}
