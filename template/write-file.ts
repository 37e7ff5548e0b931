import { link, mkdir, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import { writeFileAtomic } from "../lib/node/index.ts";
import type { TemplateConfig } from "./config/index.ts";
import { groupId, userId } from "./owner.ts";

/** The part of a template's configuration that says where and how its text is written. */
export type WriteSettings = Pick<
	TemplateConfig,
	"destination" | "mode" | "user" | "group" | "backup" | "createFolders"
>;

/** Mode of a new file unless the template says otherwise. */
const newFileMode = 0o644;

interface Existing {
	readonly content: Buffer;
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
}

/**
 * Replaces the destination as one step, unless it holds the same bytes (and has the wanted owner) already (RUNNER.md "Writing").
 *
 * An existing file's mode and owner are kept where the template does not say otherwise; a symlink is replaced, not followed.
 * With `dry` nothing is touched. Errors, each naming the destination, the old file untouched: `DESTINATION_MISSING`,
 * `DESTINATION_UNWRITABLE`, `USER_UNKNOWN`, `GROUP_UNKNOWN`.
 */
export async function writeRendered(
	settings: WriteSettings,
	content: Uint8Array,
	options: { readonly dry?: boolean } = {},
): Promise<{ readonly changed: boolean }> {
	const { destination } = settings;
	const existing = destination === "" ? undefined : await readExisting(destination);
	const owner = wantedOwner(settings, existing);
	const sameOwner = owner === undefined || (owner.uid === existing?.uid && owner.gid === existing.gid);
	if (existing !== undefined && sameOwner && existing.content.equals(content)) return { changed: false };
	if (options.dry === true) return { changed: true };
	if (destination === "") throw new DiscoError("DESTINATION_MISSING", "missing destination; write SOURCE:DESTINATION");
	try {
		await prepareFolder(settings);
		if (settings.backup && existing !== undefined) await backUp(destination);
		await writeFileAtomic(destination, content, {
			mode: settings.mode ?? existing?.mode ?? newFileMode,
			...ownerOption(owner, existing),
		});
	} catch (error) {
		if (error instanceof DiscoError) throw error;
		throw new DiscoError("DESTINATION_UNWRITABLE", `cannot write ${destination}: ${reason(error)}`, { cause: error });
	}
	return { changed: true };
}

async function readExisting(destination: string): Promise<Existing | undefined> {
	try {
		const info = await stat(destination);
		if (info.isDirectory()) throw new DiscoError("DESTINATION_UNWRITABLE", `cannot write ${destination}: is a folder`);
		const content = await readFile(destination);
		return { content, mode: info.mode & 0o7777, uid: info.uid, gid: info.gid };
	} catch (error) {
		// A missing file, a dangling link and a path below a file are left to the write, which names the reason.
		if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
		if (error instanceof DiscoError) throw error;
		throw new DiscoError("DESTINATION_UNWRITABLE", `cannot read ${destination}: ${reason(error)}`, { cause: error });
	}
}

function wantedOwner(settings: WriteSettings, existing: Existing | undefined) {
	if (settings.user === undefined && settings.group === undefined) return undefined;
	return {
		uid: settings.user === undefined ? (existing?.uid ?? process.getuid?.() ?? 0) : userId(settings.user),
		gid: settings.group === undefined ? (existing?.gid ?? process.getgid?.() ?? 0) : groupId(settings.group),
	};
}

/** A foreign owner is kept where we may set it: only root can give files away. */
function ownerOption(
	owner: { readonly uid: number; readonly gid: number } | undefined,
	existing: Existing | undefined,
) {
	if (owner !== undefined) return { owner };
	if (existing === undefined || process.getuid?.() !== 0) return {};
	return { owner: { uid: existing.uid, gid: existing.gid } };
}

async function prepareFolder({ destination, createFolders }: WriteSettings): Promise<void> {
	const folder = dirname(destination);
	if (createFolders) {
		await mkdir(folder, { recursive: true, mode: 0o755 });
		return;
	}
	const there = await stat(folder).then(
		(info) => info.isDirectory(),
		() => false,
	);
	if (!there) {
		throw new DiscoError(
			"DESTINATION_UNWRITABLE",
			`cannot write ${destination}: parent directory is missing (create_dest_dirs is false)`,
		);
	}
}

/** A second name for the old content; a former backup is replaced. */
async function backUp(destination: string): Promise<void> {
	const backup = `${destination}.bak`;
	await unlink(backup).catch((error: unknown) => {
		if (errorCode(error) !== "ENOENT") throw error;
	});
	await link(destination, backup);
}

/** Node's text without the system call and paths that the message has already. */
function reason(error: unknown): string {
	const words: Readonly<Record<string, string>> = {
		EACCES: "permission denied",
		ENOENT: "the folder does not exist or takes no files",
		EPERM: "not permitted",
		ENOTDIR: "a part of the path is a file, not a folder",
		EEXIST: "a part of the path is a file, not a folder",
		EROFS: "the file system is read-only",
		ENOSPC: "no space left on the device",
		EISDIR: "is a folder",
	};
	return words[errorCode(error) ?? ""] ?? errorMessage(error);
}
