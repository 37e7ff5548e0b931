import { readFile } from "node:fs/promises";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { clientFlags, withClient } from "../client-flags.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { createWaiting } from "../progress.ts";

export const snapshotRestore = simpleCommand({
	usage: "[options] FILE",
	about: "Replaces the whole state of the datacenter by a snapshot's. What changed since it was taken is lost.",
	examples: ["disco snapshot restore backup.snap"],
	flags: {
		datacenter: { kind: "string", usage: "In another datacenter", placeholder: "name" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 1, "one FILE");
		const [file = ""] = rest;
		const content = await readFile(file).catch((error: unknown) => {
			throw new DiscoError("FILE_UNREADABLE", `snapshot ${file} cannot be read: ${errorMessage(error)}`);
		});
		// A large state takes its time: no limit.
		const waiting = createWaiting(`restoring ${content.length} bytes`);
		await withClient(values, io, (client) => client.snapshot.restore(content, { timeoutMs: 0 })).finally(waiting.end);
		io.stdout(`Restored: ${file}\n`);
		return 0;
	},
});
