import type { Client } from "../../client/index.ts";
import { isHttpStatus } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { columns } from "./columns.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, wantsJson } from "./format.ts";

/** What a key was, as `/v1/kv-history/KEY` tells it. */
export interface KvRevisionAnswer {
	readonly Key: string;
	readonly Index: number;
	readonly Deleted: boolean;
	readonly Flags: number;
	readonly Value: string | null;
	readonly Time: string;
	readonly Author: string;
}

const shownLengthMax = 60;

export const kvLog = simpleCommand({
	usage: "[options] KEY",
	about:
		"Prints what a key was before, oldest first; of keys whose history is kept. The index is what kv rollback takes.",
	examples: ["disco kv log app/config", "disco kv log -format=json app/config"],
	flags: {
		...formatFlags,
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 1, "one KEY");
		const json = wantsJson(values.format);
		const revisions = await withClient(values, io, (client) => kvRevisions(client, rest[0] ?? ""));
		if (json) {
			io.stdout(`${JSON.stringify(revisions, null, 2)}\n`);
			return 0;
		}
		if (revisions.length === 0) io.stderr("No earlier values are kept of this key\n");
		else io.stdout(columns([["Index", "Time", "Author", "Value"], ...revisions.map(row)]));
		return 0;
	},
});

/** Fails with `NOT_SUPPORTED` when the agent knows no history (Consul's). */
export async function kvRevisions(client: Client, key: string): Promise<readonly KvRevisionAnswer[]> {
	const path = `/v1/kv-history/${key.replace(/^\//, "").split("/").map(encodeURIComponent).join("/")}`;
	try {
		return JSON.parse((await client.call({ path })).body.toString("utf8")) as readonly KvRevisionAnswer[];
	} catch (error) {
		if (isHttpStatus(error, 404)) throw new DiscoError("NOT_SUPPORTED", "this agent keeps no history of keys");
		throw error;
	}
}

function row(revision: KvRevisionAnswer): readonly string[] {
	const text = JSON.stringify(Buffer.from(revision.Value ?? "", "base64").toString("utf8"));
	const shown = text.length > shownLengthMax ? `${text.slice(0, shownLengthMax - 4)}..."` : text;
	return [String(revision.Index), revision.Time, revision.Author || "-", revision.Deleted ? "(deleted)" : shown];
}
