import { link, readFile, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { DiscoError, errorCode, errorMessage } from "../lib/errors.ts";
import { makeFolders, stageFile, writeFileAtomic } from "../lib/node/index.ts";
import type { TemplateConfig } from "./config/index.ts";
import { groupId, userId } from "./owner.ts";

/** The part of a template's configuration that says where and how its text is written. */
export type WriteSettings = Pick<
	TemplateConfig,
	"destination" | "mode" | "user" | "group" | "backup" | "createFolders"
>;

/** Mode of a new file unless the template says otherwise. */
const newFileMode = 0o644;

/** A destination as it is. */
export interface Existing {
	/** Its bytes. */
	readonly content: () => Uint8Array;
	/** Permission bits. */
	readonly mode: number;
	readonly uid: number;
	readonly gid: number;
}

/** A file on its way: the new content lies beside the destination until `swap`. */
export interface PreparedFile {
	readonly destination: string;
	/** Where the new content can be looked at before `swap`. */
	readonly temporary: string;
	/** What the destination held before; undefined when there was no file. */
	readonly former: Uint8Array | undefined;
	/** Whether others than owner and group may read it. */
	readonly worldReadable: boolean;
	/** Puts the new file in its place as one step: `backUp`, `place`, `settle`. Error: `DESTINATION_UNWRITABLE`. */
	swap(): Promise<void>;
	/** The three steps, for several files that are to change as closely together as can be. */
	backUp(): Promise<void>;
	place(): void;
	settle(): Promise<void>;
	/** Forgets the new file; the destination stays. */
	discard(): Promise<void>;
	/** After `swap`: puts the former file back as one step, or removes the new one where there was none. */
	restore(): Promise<void>;
}

/**
 * Replaces the destination as one step, unless it holds the same bytes (and has the wanted owner) already (RUNNER.md "Writing").
 * With `dry` nothing is touched. Errors: those of `prepareFile`.
 */
export async function writeRendered(
	settings: WriteSettings,
	content: Uint8Array,
	options: { readonly dry?: boolean } = {},
): Promise<{ readonly changed: boolean }> {
	if (options.dry === true) return { changed: await differs(settings, content) };
	const prepared = await prepareFile(settings, content);
	try {
		await prepared?.swap();
	} catch (error) {
		await prepared?.discard();
		throw error;
	}
	return { changed: prepared !== undefined };
}

/** Whether the destination would be replaced. Errors: as `prepareFile`. */
export async function differs(settings: WriteSettings, content: Uint8Array): Promise<boolean> {
	return !(await compared(settings, content)).same;
}

/**
 * Writes the new file beside its destination; undefined when the destination is as it should be already.
 *
 * `known`: the destination, when it is known without reading that its content differs.
 * An existing file's mode and owner are kept where the template does not say otherwise; a symlink is replaced, not followed.
 * Errors, each naming the destination, the old file untouched: `DESTINATION_MISSING`, `DESTINATION_UNWRITABLE`, `USER_UNKNOWN`,
 * `GROUP_UNKNOWN`.
 */
export async function prepareFile(
	settings: WriteSettings,
	content: Uint8Array,
	known?: Existing,
): Promise<PreparedFile | undefined> {
	const { destination } = settings;
	const { existing, owner, same } =
		known === undefined
			? await compared(settings, content)
			: { existing: known, owner: wantedOwner(settings, known), same: false };
	if (same) return undefined;
	if (destination === "") throw new DiscoError("DESTINATION_MISSING", "missing destination; write SOURCE:DESTINATION");
	const mode = settings.mode ?? existing?.mode ?? newFileMode;
	const named = <T>(step: () => Promise<T>): Promise<T> =>
		step().catch((error: unknown) => unwritable(destination, error));
	const staged = await named(async () => {
		await prepareFolder(settings);
		return stageFile(destination, content, { mode, ...ownerOption(owner, existing) });
	});
	const steps = {
		backUp: () =>
			named(async () => {
				if (settings.backup && existing !== undefined) await backUp(destination);
			}),
		place() {
			try {
				staged.place();
			} catch (error) {
				unwritable(destination, error);
			}
		},
		settle: () => named(staged.settle),
	};
	return {
		destination,
		temporary: staged.temporary,
		get former() {
			return existing?.content();
		},
		worldReadable: (mode & 0o004) !== 0,
		discard: staged.discard,
		...steps,
		async swap() {
			await steps.backUp();
			steps.place();
			await steps.settle();
		},
		restore: () =>
			named(async () => {
				if (existing === undefined) {
					await unlink(destination);
					return;
				}
				const { uid, gid } = existing;
				const formerOwner = process.getuid?.() === 0 ? { owner: { uid, gid } } : {};
				await writeFileAtomic(destination, existing.content(), { mode: existing.mode, ...formerOwner });
			}),
	};
}

/** The destination as it is, and whether it is what is wanted. */
async function compared(settings: WriteSettings, content: Uint8Array) {
	const { destination } = settings;
	const existing = destination === "" ? undefined : await readExisting(destination);
	const owner = wantedOwner(settings, existing);
	const sameOwner = owner === undefined || (owner.uid === existing?.uid && owner.gid === existing.gid);
	return { existing, owner, same: existing !== undefined && sameOwner && existing.bytes.equals(content) };
}

function unwritable(destination: string, error: unknown): never {
	if (error instanceof DiscoError) throw error;
	throw new DiscoError("DESTINATION_UNWRITABLE", `cannot write ${destination}: ${reason(error)}`, { cause: error });
}

async function readExisting(destination: string): Promise<(Existing & { readonly bytes: Buffer }) | undefined> {
	try {
		const info = await stat(destination);
		if (info.isDirectory()) throw new DiscoError("DESTINATION_UNWRITABLE", `cannot write ${destination}: is a folder`);
		const bytes = await readFile(destination);
		return { bytes, content: () => bytes, mode: info.mode & 0o7777, uid: info.uid, gid: info.gid };
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
		makeFolders(folder, 0o755);
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
