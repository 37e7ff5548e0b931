import { randomBytes } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Replaces `path` as one step: a temporary file in the same folder is written, fsynced and renamed over it, then the folder is
 * fsynced. After a crash at any moment the old or the new content is there, whole; at worst a `.NAME.HEX.tmp` file stays.
 *
 * The folder must exist. `mode` is exact (the umask does not apply). Fails with Node's error of the step that failed, the old
 * file untouched.
 */
export async function writeFileAtomic(
	path: string,
	content: string | Uint8Array,
	options: { readonly mode: number; readonly owner?: { readonly uid: number; readonly gid: number } },
): Promise<void> {
	const folder = dirname(path);
	const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
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
		await rename(temporary, path);
	} catch (error) {
		await unlink(temporary).catch(() => undefined);
		throw error;
	}
	await syncFolder(folder);
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
