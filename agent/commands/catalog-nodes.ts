import type { NodeRecord } from "../../lib/api/index.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { columns, pairs } from "./columns.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";
import { keyValues } from "./node-meta.ts";

export const catalogNodes = simpleCommand({
	usage: "[options]",
	about: "Prints the nodes of the datacenter.",
	examples: ["disco catalog nodes -service api", "disco catalog nodes -node-meta rack=r1 -detailed"],
	flags: {
		detailed: { kind: "bool", usage: "Print whole ids, tagged addresses and metadata" },
		...formatFlags,
		filter: { kind: "string", usage: "Only nodes that this expression fits", placeholder: "expression" },
		near: { kind: "string", usage: "Nearest to this node first", placeholder: "node" },
		"node-meta": { kind: "list", usage: "Only nodes with this metadata; may be repeated", placeholder: "key=value" },
		service: { kind: "string", usage: "Only nodes with this service", placeholder: "name" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		const options = {
			...(values.filter === undefined ? {} : { filter: values.filter }),
			...(values.near === undefined ? {} : { near: values.near }),
			nodeMeta: keyValues(values["node-meta"], "node-meta"),
		};
		const nodes = await withClient(values, io, async (client, read): Promise<readonly NodeRecord[]> => {
			if (values.service === undefined) return (await client.catalog.nodes({ ...read, ...options })).value;
			const entries = (await client.catalog.service(values.service, { ...read, ...options })).value;
			const byName = new Map(entries.map((entry) => [entry.Node, { ...entry, Meta: entry.NodeMeta }]));
			return [...byName.values()];
		});
		if (nodes.length === 0) {
			io.stderr("No node matches\n");
			return 0;
		}
		if (json) io.stdout(jsonText(nodes));
		else io.stdout(values.detailed === true ? detailed(nodes) : brief(nodes));
		return 0;
	},
});

function brief(nodes: readonly NodeRecord[]): string {
	return columns([
		["Node", "ID", "Address", "DC"],
		...nodes.map((node) => [node.Node, node.ID.slice(0, 8), node.Address, node.Datacenter]),
	]);
}

function detailed(nodes: readonly NodeRecord[]): string {
	return columns([
		["Node", "ID", "Address", "DC", "TaggedAddresses", "Meta"],
		...nodes.map((node) => [
			node.Node,
			node.ID,
			node.Address,
			node.Datacenter,
			pairs(node.TaggedAddresses),
			pairs(node.Meta),
		]),
	]);
}
