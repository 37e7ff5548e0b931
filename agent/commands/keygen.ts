import { randomBytes } from "node:crypto";
import { requireArguments, simpleCommand } from "./command.ts";

export const keygen = simpleCommand({
	usage: "",
	about: "Prints a new key for -encrypt: 32 random bytes in base64.",
	examples: ["disco agent -encrypt $(disco keygen)"],
	flags: {},
	async run({ rest }, io) {
		requireArguments(rest, 0, 0, "nothing");
		io.stdout(`${randomBytes(32).toString("base64")}\n`);
		return 0;
	},
});
