import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A file written beside its destination, not yet in its place. */
export interface StagedFile {
	/** Where the new content is until `swap`. */
	readonly temporary: string;
	/** Puts it in its place as one step, durably: `place`, then `settle`. */
	swap(): Promise<void>;
	/** Puts it in its place at once, so that several files can follow each other closely. Survives a crash after `settle`. */
	place(): void;
	settle(): Promise<void>;
	/** Removes it; the destination stays as it is. */
	discard(): Promise<void>;
}

export interface AtomicWriteOptions {
	/** Exact: the umask does not apply. */
	readonly mode: number;
	readonly owner?: { readonly uid: number; readonly gid: number };
}

/** `.NAME.HEX.tmp`; the first eight digits are the writer's process id, so that what a kill has left can be told. */
function temporaryName(name: string): string {
	return `.${name}.${process.pid.toString(16).padStart(8, "0")}${randomBytes(6).toString("hex")}.tmp`;
}

/** The name that a temporary file stands for, when the process that wrote it is gone; undefined for every other file. */
export function leftBehind(file: string): string | undefined {
	const [, name, pid] = /^\.(.+)\.([0-9a-f]{8})[0-9a-f]{12}\.tmp$/s.exec(file) ?? [];
	if (name === undefined || pid === undefined || isAlive(Number.parseInt(pid, 16))) return undefined;
	return name;
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

/**
 * Writes and fsyncs a temporary file in the folder of `path` (`.NAME.HEX.tmp`), so that it can be looked at before it replaces
 * `path`. The folder must exist. Fails with Node's error of the step that failed, nothing left behind.
 */
export async function stageFile(
	path: string,
	content: string | Uint8Array,
	options: AtomicWriteOptions,
): Promise<StagedFile> {
	const folder = dirname(path);
	const temporary = join(folder, temporaryName(basename(path)));
	const discard = () => unlink(temporary).catch(() => undefined);
	try {
		const file = await open(temporary, "wx", 0o600);
		try {
			await file.writeFile(content);
			await file.chmod(options.mode);
			if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
			await file.sync();
		} finally {
			await file.close();
		}
	} catch (error) {
		await discard();
		throw error;
	}
	const settle = () => syncFolder(folder);
	return {
		temporary,
		discard,
		place: () => renameSync(temporary, path),
		settle,
		async swap() {
			try {
				await rename(temporary, path);
			} catch (error) {
				await discard();
				throw error;
			}
			await settle();
		},
	};
}

/**
 * Replaces `path` as one step: a temporary file in the same folder is written, fsynced and renamed over it, then the folder is
 * fsynced. After a crash at any moment the old or the new content is there, whole; at worst a `.NAME.HEX.tmp` file stays.
 *
 * The folder must exist. Fails with Node's error of the step that failed, the old file untouched.
 */
export async function writeFileAtomic(
	path: string,
	content: string | Uint8Array,
	options: AtomicWriteOptions,
): Promise<void> {
	const staged = await stageFile(path, content, options);
	await staged.swap();
}

/** Makes a rename or removal in `folder` survive a crash. */
export async function syncFolder(folder: string): Promise<void> {
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
