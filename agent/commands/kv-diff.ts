import { readFile } from "node:fs/promises";
import type { KvPair } from "../../lib/api/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

const exitCodeDifferent = 1;
/** A value is shown up to here. */
const shownLengthMax = 60;

type Entries = ReadonlyMap<string, string>;

export const kvDiff = simpleCommand({
	usage: "[options] FROM TO",
	about: `Compares two prefixes, or a prefix with a file that kv export wrote (@FILE). Exit code 0 when they are equal, 1 when not.
Lines begin with - (only in FROM), + (only in TO) or ~ (another value).

  disco kv diff staging/ production/
  disco kv diff @backup.json app/`,
	flags: {
		quiet: { kind: "bool", usage: "Print nothing: only the exit code" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 2, 2, "FROM and TO");
		return withClient(values, io, async (client, read) => {
			const side = async (given: string): Promise<Entries> => {
				if (given.startsWith("@")) return fileEntries(given.slice(1));
				const prefix = given.replace(/^\//, "");
				const { value } = await client.kv.list(prefix, read);
				return new Map(value.map((pair: KvPair) => [pair.Key, pair.Value ?? ""]));
			};
			const [from = "", to = ""] = rest;
			const [left, right] = [await side(from), await side(to)];
			// Two prefixes are compared below themselves; an export has whole keys, as its other side must have then.
			const whole = from.startsWith("@") || to.startsWith("@");
			const lines = difference(
				whole ? left : below(left, from.replace(/^\//, "")),
				whole ? right : below(right, to.replace(/^\//, "")),
			);
			if (values.quiet !== true) io.stdout(lines.map((line) => `${line}\n`).join(""));
			return lines.length === 0 ? 0 : exitCodeDifferent;
		});
	},
});

/** The lines of the difference, sorted by key. Values are base64. */
export function difference(left: Entries, right: Entries): string[] {
	const keys = [...new Set([...left.keys(), ...right.keys()])].sort();
	return keys.flatMap((key) => {
		const [before, after] = [left.get(key), right.get(key)];
		if (before === after) return [];
		if (after === undefined) return [`- ${key}: ${shown(before ?? "")}`];
		if (before === undefined) return [`+ ${key}: ${shown(after)}`];
		return [`~ ${key}: ${shown(before)} -> ${shown(after)}`];
	});
}

function below(entries: Entries, prefix: string): Entries {
	return new Map([...entries].map(([key, value]) => [key.slice(prefix.length), value]));
}

async function fileEntries(path: string): Promise<Entries> {
	try {
		const list = JSON.parse(await readFile(path, "utf8")) as readonly {
			readonly key: string;
			readonly value: string;
		}[];
		return new Map(list.map(({ key, value }) => [key, value]));
	} catch (error) {
		throw new DiscoError("FILE_UNREADABLE", `file ${path} is not what kv export writes: ${errorMessage(error)}`);
	}
}

/** Text in quotes; what is none as its size. */
function shown(base64: string): string {
	const bytes = Buffer.from(base64, "base64");
	const text = bytes.toString("utf8");
	if (text.includes("\uFFFD") || text.includes("\0")) return `${bytes.length} bytes`;
	const quoted = JSON.stringify(text);
	return quoted.length > shownLengthMax ? `${quoted.slice(0, shownLengthMax - 4)}..."` : quoted;
}
