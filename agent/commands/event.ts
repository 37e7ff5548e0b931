import { DiscoError, errorMessage } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

export const event = simpleCommand({
	usage: "[options] [PAYLOAD]",
	about: `Sends an event to the agents of the datacenter; those that watch it run their handlers.

  disco event -name=deploy 1.2.3`,
	flags: {
		name: { kind: "string", usage: "Name of the event; required" },
		node: { kind: "string", usage: "Only for nodes that fit", placeholder: "regex" },
		service: { kind: "string", usage: "Only for nodes with a service that fits", placeholder: "regex" },
		tag: { kind: "string", usage: "Only for nodes whose -service has a tag that fits", placeholder: "regex" },
		datacenter: { kind: "string", usage: "Send in another datacenter", placeholder: "name" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 1, "at most one PAYLOAD");
		const { name = "", node, service, tag } = values;
		if (name === "") throw new DiscoError("ARGUMENT_INVALID", "-name is missing: give the event's name");
		requireFilters({ node, service, tag });
		const [payload] = rest;
		const sent = await withClient(values, io, (client) =>
			client.event.fire(name, {
				...(payload === undefined ? {} : { payload }),
				...(node === undefined ? {} : { node }),
				...(service === undefined ? {} : { service }),
				...(tag === undefined ? {} : { tag }),
			}),
		);
		io.stdout(`Event ID: ${sent.ID}\n`);
		return 0;
	},
});

/** Regular expressions that say which nodes are meant. Fails with `FLAG_VALUE_INVALID` or `ARGUMENT_INVALID`. */
export function requireFilters(filters: {
	readonly node: string | undefined;
	readonly service: string | undefined;
	readonly tag: string | undefined;
}): void {
	for (const [flag, text] of Object.entries(filters)) {
		try {
			if (text !== undefined) new RegExp(text);
		} catch (error) {
			throw new DiscoError(
				"FLAG_VALUE_INVALID",
				`option -${flag}: "${text}" is not a regular expression (${errorMessage(error)})`,
			);
		}
	}
	if (filters.tag !== undefined && filters.service === undefined) {
		throw new DiscoError("ARGUMENT_INVALID", "-tag needs -service: it is the service's tag");
	}
}
