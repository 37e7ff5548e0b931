import { apiVersion, version as discoVersion } from "../../lib/version.ts";
import { simpleCommand } from "./command.ts";
import { formatFlags, wantsJson } from "./format.ts";

export const version = simpleCommand({
	usage: "[options]",
	about: "Prints the version of disco, and of the API that it speaks.",
	examples: ["disco version -format json"],
	flags: formatFlags,
	async run({ values }, io) {
		const json = wantsJson(values.format);
		io.stdout(
			json
				? `${JSON.stringify({ Version: discoVersion, API: apiVersion, Node: process.version })}\n`
				: `disco v${discoVersion}\nAPI of Consul ${apiVersion}, Node ${process.version}\n`,
		);
		return 0;
	},
});
