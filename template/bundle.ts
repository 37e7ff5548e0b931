/** One of the files of a bundle. */
export interface BundledFile {
	/** Which template of the group it comes from. */
	readonly member: number;
	readonly destination: string;
	readonly text: string;
}

/** Several files as one text: the runner compares, waits for and writes texts, whatever they stand for. */
export function bundleText(files: readonly BundledFile[]): string {
	return JSON.stringify(files.map(({ member, destination, text }) => [member, destination, text]));
}

/** The files of a text made by `bundleText`. */
export function filesOfBundle(text: string): readonly BundledFile[] {
	const rows = JSON.parse(text) as readonly (readonly [number, string, string])[];
	return rows.map(([member, destination, content]) => ({ member, destination, text: content }));
}
