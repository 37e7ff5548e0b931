import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { TemplateConfig } from "./config/index.ts";
import { bytesOfText } from "./gotmpl/index.ts";
import { type Existing, type PreparedFile, prepareFile } from "./write-file.ts";

/** A text and where it goes. */
export interface PublishedFile {
	readonly settings: TemplateConfig;
	readonly text: string;
}

/** What a publication has replaced. */
export interface Publication {
	/** Only those whose content or owner differed. */
	readonly changed: readonly PreparedFile[];
	/** Puts every former file back; files that were new are removed. Error: `DESTINATION_UNWRITABLE`. */
	rollBack(): Promise<void>;
}

/** What a program knows of the files that it has written, so that it need not read them to see that they are as it left them. */
export type KnownFiles = Map<string, { readonly text: string; readonly stamp: string }>;

/** Files that are looked at and written at once: waiting for the disk is most of it. */
const atOnce = 16;
/** Renames in a row before others may work; a group's few files are renamed without a gap. */
const renamesInRow = 256;

/**
 * Puts files in their places all or none: all are written beside their destinations, all are checked, then all are swapped in.
 *
 * Each swap is one step, so every destination holds its old or its new complete file at any moment, a kill included; between
 * the first and the last swap of several files a reader may see some old and some new. `check` throws to refuse a file, and
 * then, as after any other failure, all destinations are as before. Errors: those of `check` and of `prepareFile`.
 */
export async function publishFiles(
	files: readonly PublishedFile[],
	check: (file: PreparedFile, published: PublishedFile) => Promise<void>,
	known: KnownFiles = new Map(),
): Promise<Publication> {
	const inOrder: ({ readonly file: PreparedFile; readonly published: PublishedFile } | undefined)[] = [];
	const swapped: PreparedFile[] = [];
	try {
		await inParallel([...files.entries()], async ([position, published]) => {
			const left = await asLeft(published, known);
			if (left?.text === published.text) return;
			const file = await prepareFile(published.settings, bytesOfText(published.text), left?.file);
			if (file !== undefined) inOrder[position] = { file, published };
			else await remember(published, known);
		});
		const prepared = preparedOf(inOrder);
		for (const { file, published } of prepared) await check(file, published);
		for (const { file } of prepared) await file.backUp();
		for (const { file } of prepared) {
			file.place();
			// One after the other: a reader who opens them in a row hardly ever meets an old and a new one.
			if (swapped.push(file) % renamesInRow === 0) await new Promise((resolve) => setImmediate(resolve));
		}
		const folders = new Map(prepared.map(({ file }) => [dirname(file.destination), file]));
		for (const file of folders.values()) await file.settle();
	} catch (error) {
		for (const file of swapped.reverse()) await file.restore();
		for (const { file } of preparedOf(inOrder)) await file.discard();
		throw error;
	}
	await inParallel(preparedOf(inOrder), ({ published }) => remember(published, known));
	return {
		changed: swapped,
		async rollBack() {
			for (const file of [...swapped].reverse()) {
				known.delete(file.destination);
				await file.restore();
			}
		},
	};
}

function preparedOf<T>(inOrder: readonly (T | undefined)[]): readonly T[] {
	return inOrder.filter((one) => one !== undefined);
}

/** The destination, when nobody has touched it since it was written here. */
async function asLeft({ settings }: PublishedFile, known: KnownFiles) {
	const before = known.get(settings.destination);
	if (before === undefined) return undefined;
	const now = await stampOf(settings.destination);
	if (now === undefined || before.stamp !== now.stamp) return undefined;
	const { text } = before;
	const file: Existing = { ...now.file, content: () => bytesOfText(text) };
	return { text, file };
}

async function remember({ settings, text }: PublishedFile, known: KnownFiles): Promise<void> {
	const now = await stampOf(settings.destination);
	if (now !== undefined) known.set(settings.destination, { text, stamp: now.stamp });
}

/** Changes with whatever is done to a file. */
async function stampOf(path: string) {
	const info = await stat(path, { bigint: true }).catch(() => undefined);
	return (
		info && {
			stamp: `${info.ino} ${info.size} ${info.mtimeNs} ${info.ctimeNs} ${info.uid} ${info.gid}`,
			file: { mode: Number(info.mode) & 0o7777, uid: Number(info.uid), gid: Number(info.gid) },
		}
	);
}

/** The first failure is thrown when all that has begun has ended. */
async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
	const queue = items.values();
	const failures: unknown[] = [];
	const worker = async () => {
		for (const item of queue) {
			if (failures.length > 0) return;
			await run(item).catch((error: unknown) => failures.push(error));
		}
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
	if (failures.length > 0) throw failures[0];
}
