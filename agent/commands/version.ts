import { DiscoError } from "../../lib/errors.ts";
import { apiVersion, version as discoVersion } from "../../lib/version.ts";
import { simpleCommand } from "./command.ts";

export const version = simpleCommand({
	usage: "[options]",
	about: "Prints the version of disco, and of the API that it speaks.",
	flags: { format: { kind: "string", usage: "pretty or json; pretty unless given" } },
	async run({ values }, io) {
		const format = values.format ?? "pretty";
		if (format !== "pretty" && format !== "json") {
			throw new DiscoError("FLAG_VALUE_INVALID", `option -format: "${format}" is not pretty or json`);
		}
		io.stdout(
			format === "json"
				? `${JSON.stringify({ Version: discoVersion, API: apiVersion, Node: process.version })}\n`
				: `disco v${discoVersion}\nAPI of Consul ${apiVersion}, Node ${process.version}\n`,
		);
		return 0;
	},
});
