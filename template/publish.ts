import type { TemplateConfig } from "./config/index.ts";
import { bytesOfText } from "./gotmpl/index.ts";
import { type PreparedFile, prepareFile } from "./write-file.ts";

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
): Promise<Publication> {
	const prepared: { readonly file: PreparedFile; readonly published: PublishedFile }[] = [];
	const swapped: PreparedFile[] = [];
	try {
		for (const published of files) {
			const file = await prepareFile(published.settings, bytesOfText(published.text));
			if (file !== undefined) prepared.push({ file, published });
		}
		for (const { file, published } of prepared) await check(file, published);
		for (const { file } of prepared) await file.backUp();
		// No await between them: a reader who opens one after the other hardly ever meets an old and a new one.
		for (const { file } of prepared) {
			file.place();
			swapped.push(file);
		}
		for (const { file } of prepared) await file.settle();
	} catch (error) {
		for (const file of swapped.reverse()) await file.restore();
		for (const { file } of prepared) await file.discard();
		throw error;
	}
	return {
		changed: swapped,
		async rollBack() {
			for (const file of [...swapped].reverse()) await file.restore();
		},
	};
}
