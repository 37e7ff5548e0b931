import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { dataArgument } from "./data-argument.ts";

export const kvPut = simpleCommand({
	usage: "[options] KEY [VALUE]",
	about: "Writes a value: a word, @FILE, or - for standard input. Without a value the key is written empty.",
	examples: [
		"disco kv put app/version 1.2.3",
		"disco kv put app/config @config.json",
		"disco kv put -cas -modify-index 42 app/version 1.2.4",
	],
	flags: {
		acquire: { kind: "bool", usage: "Take the lock of the key for -session" },
		base64: { kind: "bool", usage: "The value is base64 and is written decoded" },
		cas: { kind: "bool", usage: "Write only if the key's ModifyIndex is -modify-index; 0: only if it does not exist" },
		flags: { kind: "string", usage: "Number that is kept with the value, 0 to 2^64-1", placeholder: "number" },
		"modify-index": { kind: "int", usage: "Index for -cas", placeholder: "index" },
		release: { kind: "bool", usage: "Give the lock of -session back" },
		session: { kind: "string", usage: "Session for -acquire and -release", placeholder: "id" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 2, "KEY and at most one VALUE");
		const [key = "", valueText = ""] = rest;
		const locking = values.acquire === true || values.release === true;
		if (locking && values.session === undefined) {
			throw new DiscoError("ARGUMENT_INVALID", "-acquire and -release need the id of a session: add -session");
		}
		const given = await dataArgument(valueText, io);
		const value = values.base64 === true ? decoded(given, io) : given;
		const flags = flagsNumber(values.flags ?? "0");
		return withClient(values, io, async (client) => {
			const written = await client.kv.put(key, value, {
				...(flags === 0n ? {} : { flags }),
				...(values.cas === true ? { cas: values["modify-index"] ?? 0 } : {}),
				...(values.acquire === true ? { acquire: values.session ?? "" } : {}),
				...(values.release === true ? { release: values.session ?? "" } : {}),
			});
			if (!written) {
				const reason = locking ? "its lock is not free (or not this session's)" : "its ModifyIndex is another";
				io.stderr(`Error: ${key} was not written: ${reason}\n`);
				return 1;
			}
			io.stdout(`Written: ${key}\n`);
			return 0;
		});
	},
});

function decoded(
	given: Buffer,
	io: { env: Readonly<Record<string, string | undefined>>; stderr: (text: string) => void },
): Buffer {
	const text = given.toString("latin1").trim();
	if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return Buffer.from(text, "base64");
	const problem = "the value is not base64";
	if (io.env["DISCO_COMPAT"] !== "1") throw new DiscoError("ARGUMENT_INVALID", `${problem}; nothing was written`);
	// The reference complains, then writes an empty value and succeeds.
	io.stderr(`Error: ${problem}; an empty value is written\n`);
	return Buffer.alloc(0);
}

function flagsNumber(text: string): bigint {
	const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
	if (value < 0n || value > 0xffff_ffff_ffff_ffffn) {
		throw new DiscoError("FLAG_VALUE_INVALID", `option -flags: "${text}" is not a whole number from 0 to 2^64-1`);
	}
	return value;
}
