import { accessSync, constants, statfsSync, statSync } from "node:fs";

/** The data folder, as this process sees it: undefined for the agent of another machine. */
export interface DiskFact {
	readonly folder: string;
	readonly freeBytes: number;
	readonly isWritable: boolean;
	/** Permission bits. */
	readonly mode: number;
}

export function diskOf(folder: string): DiskFact | undefined {
	try {
		const { bavail, bsize } = statfsSync(folder);
		const { mode } = statSync(folder);
		return { folder, freeBytes: bavail * bsize, isWritable: canWrite(folder), mode: mode & 0o777 };
	} catch {
		return undefined;
	}
}

function canWrite(folder: string): boolean {
	try {
		accessSync(folder, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}
