import type { Client, ReadOptions } from "../../client/index.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { columns } from "./columns.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";
import { keyValues } from "./node-meta.ts";

export const catalogServices = simpleCommand({
	usage: "[options]",
	about: "Prints the names of the services of the datacenter.",
	examples: ["disco catalog services -tags"],
	flags: {
		...formatFlags,
		node: { kind: "string", usage: "Only services of this node (name or id)", placeholder: "node" },
		"node-meta": {
			kind: "list",
			usage: "Only services of nodes with this metadata; may be repeated",
			placeholder: "key=value",
		},
		tags: { kind: "bool", usage: "Print the tags too" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		const nodeMeta = keyValues(values["node-meta"], "node-meta");
		const services = await withClient(values, io, async (client, read) =>
			values.node === undefined
				? Object.entries((await client.catalog.services({ ...read, nodeMeta })).value)
				: servicesOfNode(client, values.node, read),
		);
		if (services.length === 0) {
			io.stderr("No service matches\n");
			return 0;
		}
		const sorted = services.toSorted(([a], [b]) => (a < b ? -1 : 1));
		if (json) {
			io.stdout(jsonText(Object.fromEntries(sorted)));
			return 0;
		}
		io.stdout(
			columns(sorted.map(([name, tags]) => (values.tags === true ? [name, tags.toSorted().join(",")] : [name]))),
		);
		return 0;
	},
});

async function servicesOfNode(
	client: Client,
	node: string,
	read: ReadOptions,
): Promise<(readonly [string, readonly string[]])[]> {
	const found = (await client.catalog.node(node, read)).value;
	const tags = new Map<string, Set<string>>();
	for (const service of Object.values(found?.Services ?? {})) {
		const known = tags.get(service.Service) ?? new Set();
		for (const tag of service.Tags) known.add(tag);
		tags.set(service.Service, known);
	}
	return [...tags].map(([name, all]) => [name, [...all]] as const);
}
