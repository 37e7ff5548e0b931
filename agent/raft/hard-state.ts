import { crc32 } from "../../lib/checksum/index.ts";
import type { Disk } from "../../lib/env/index.ts";
import type { HardState } from "./core/index.ts";
import { corrupt } from "./segment-scan.ts";

/**
 * Term and vote (Raft figure 2) in a file of their own, replaced as a whole: two lines, JSON and its CRC-32. A server that lost
 * it could vote twice in a term, so what cannot be read stops the start.
 */
const fileName = "vote";

export async function writeHardState(disk: Disk, folder: string, { term, votedFor }: HardState): Promise<void> {
	const json = JSON.stringify({ term, votedFor: votedFor ?? "" });
	const content = new TextEncoder().encode(`${json}\n${checksum(json)}\n`);
	await disk.writeAtomic(`${folder}/${fileName}`, content);
}

/** Undefined when there is no such file. Fails with `LOG_CORRUPT`. */
export async function readHardState(disk: Disk, folder: string): Promise<HardState | undefined> {
	const path = `${folder}/${fileName}`;
	const bytes = await disk.read(path);
	if (bytes === undefined) return undefined;
	const [json = "", found] = new TextDecoder().decode(bytes).split("\n");
	if (found !== checksum(json)) throw corrupt(path, 0, "term and vote cannot be read");
	const { term, votedFor } = JSON.parse(json) as { readonly term: number; readonly votedFor: string };
	return { term, votedFor: votedFor === "" ? undefined : votedFor };
}

function checksum(json: string): string {
	return crc32(new TextEncoder().encode(json)).toString(16).padStart(8, "0");
}
