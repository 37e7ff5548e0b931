import { execFileSync } from "node:child_process";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeArchive, encodeArchive } from "./snapshot-archive.ts";

const head = { index: 42, term: 3, nowMs: Date.UTC(2026, 0, 2) };

async function archiveOf(pieces: readonly Uint8Array[]): Promise<Buffer> {
	const packed: Uint8Array[] = [];
	for await (const piece of encodeArchive(head, pieces)) packed.push(piece);
	return Buffer.concat(packed);
}

describe("a snapshot archive", () => {
	it("gives back what was put in", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 4 }), async (pieces) => {
				const { meta, state } = await decodeArchive([await archiveOf(pieces)]);
				expect(Buffer.from(state)).toEqual(Buffer.concat(pieces));
				expect(meta).toMatchObject({ Index: 42, Term: 3, Size: state.length });
			}),
			{ numRuns: 20 },
		);
	});

	it("is what tar and sha256sum understand", async () => {
		const archive = await archiveOf([Buffer.from("state")]);
		const list = execFileSync("tar", ["tzf", "-"], { input: archive, encoding: "utf8" });
		expect(list).toBe("meta.json\nstate.bin\nSHA256SUMS\n");
		expect(execFileSync("tar", ["xzOf", "-", "state.bin"], { input: archive, encoding: "utf8" })).toBe("state");
	});

	it.each<[string, (archive: Buffer) => Buffer]>([
		["garbage", () => Buffer.from("garbage")],
		["nothing", () => Buffer.alloc(0)],
		["cut short", (archive) => archive.subarray(0, archive.length - 20)],
		["a tar that is cut short", (archive) => gzipSync(gunzipSync(archive).subarray(0, 700))],
		["another state", (archive) => edit(archive, "the state", "thE state")],
		["other meta data", (archive) => edit(archive, '"Index":42', '"Index":43')],
		["another checksum", (archive) => edit(archive, "  state.bin", "  stXte.bin")],
		["a damaged header", (archive) => edit(archive, "ustar", "uStar")],
		["a file less", (archive) => edit(archive, "meta.json\0", "mEta.json\0", true)],
	])("that is %s is refused", async (_, damage) => {
		const archive = damage(await archiveOf([Buffer.from("the state")]));
		await expect(decodeArchive([archive])).rejects.toMatchObject({ code: "SNAPSHOT_INVALID" });
	});
});

/** Changes the first occurrence; `fixHeader`: it is in a header, whose checksum then fits again. */
function edit(archive: Buffer, from: string, to: string, fixHeader = false): Buffer {
	const tar = gunzipSync(archive);
	const at = tar.indexOf(from);
	tar.write(to, at, "latin1");
	if (fixHeader) {
		const block = tar.subarray(at, at + 512);
		const sum = block.reduce((total, byte, position) => total + (position >= 148 && position < 156 ? 32 : byte), 0);
		block.write(sum.toString(8).padStart(6, "0"), 148, "latin1");
	}
	return gzipSync(tar);
}
