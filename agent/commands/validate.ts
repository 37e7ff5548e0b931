import { hostname } from "node:os";
import { DiscoError } from "../../lib/errors.ts";
import { readFragments, validateFragments } from "../config/index.ts";
import { checkDefinitions } from "../runtime/index.ts";
import { simpleCommand } from "./command.ts";

export const validate = simpleCommand({
	usage: "[options] FILE or FOLDER ...",
	about: "Checks configuration files as an agent would read them.",
	examples: ["disco validate /etc/disco.d"],
	flags: {
		"config-format": { kind: "string", usage: "Format of files with another ending: hcl or json" },
		quiet: { kind: "bool", usage: "Say nothing when all is well" },
	},
	async run({ values, rest }, io) {
		const format = values["config-format"];
		if (format !== undefined && format !== "hcl" && format !== "json") {
			throw new DiscoError("FLAG_VALUE_INVALID", `option -config-format: "${format}" is not hcl or json`);
		}
		if (rest.length === 0) throw new DiscoError("ARGUMENT_INVALID", "nothing to check: give a FILE or FOLDER");
		const skipped: string[] = [];
		const fragments = rest.flatMap((path) => readFragments(path, format, (text) => skipped.push(text)));
		const [reason] = skipped;
		if (fragments.length === 0 && reason !== undefined) throw new DiscoError("CONFIG_UNREADABLE", reason);
		const config = validateFragments(fragments, { hostName: hostname(), env: io.env });
		checkDefinitions(config);
		if (values.quiet !== true) io.stdout("Configuration is valid!\n");
		return 0;
	},
});
