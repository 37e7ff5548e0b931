import { open, rename, unlink } from "node:fs/promises";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { clientFlags, serverFlags, withClient } from "../client-flags.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { createProgress } from "../progress.ts";
import { readSnapshot } from "./read-snapshot.ts";

export const snapshotSave = simpleCommand({
	usage: "[options] FILE",
	about:
		"Writes the whole state of the datacenter to a file, which only its owner may read. A file that is there is replaced when the new one is whole.",
	examples: ["disco snapshot save backup.snap"],
	flags: { ...serverFlags, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 1, "one FILE");
		const [file = ""] = rest;
		const unfinished = `${file}.unfinished.${process.pid}`;
		return withClient(values, io, async (client) => {
			const answer = await client.snapshot.save({ stale: values.stale === true });
			try {
				const handle = await open(unfinished, "w", 0o600).catch((error: unknown) => {
					answer.cancel();
					throw new DiscoError("FILE_UNWRITABLE", `${file} cannot be written: ${errorMessage(error)}`);
				});
				try {
					const progress = createProgress("bytes saved");
					for await (const chunk of answer.body) {
						await handle.writeFile(chunk);
						progress.add(chunk.length);
					}
					progress.end();
					await handle.sync();
				} finally {
					await handle.close();
				}
				// Checked before the old one is given up: a broken backup is worse than an old one.
				const { meta } = await readSnapshot(unfinished);
				await rename(unfinished, file);
				io.stdout(`Saved: ${file} (index ${meta.Index})\n`);
				return 0;
			} finally {
				await unlink(unfinished).catch(() => undefined);
			}
		});
	},
});
