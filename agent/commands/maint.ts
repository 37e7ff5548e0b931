import type { Client } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";

const servicePrefix = "_service_maintenance:";

export const maint = simpleCommand({
	usage: "[options]",
	about: "Takes the node or a service out of answers, and back. Without options lists what is in maintenance.",
	examples: ["disco maint -enable -reason 'new disk'", "disco maint -enable -service api-1", "disco maint"],
	flags: {
		disable: { kind: "bool", usage: "End the maintenance" },
		enable: { kind: "bool", usage: "Begin the maintenance" },
		reason: { kind: "string", usage: "Why; shown in the check", placeholder: "text" },
		service: { kind: "string", usage: "Id of a service; the node unless given", placeholder: "id" },
		...formatFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const { enable = false, disable = false, reason, service } = values;
		if (enable && disable) throw invalid("-enable and -disable exclude each other");
		if (!enable && (reason !== undefined || (service !== undefined && !disable))) {
			throw invalid("-reason and -service are for -enable (-service also for -disable); add it");
		}
		return withClient(values, io, async (client) => {
			if (!enable && !disable) {
				const found = await inMaintenance(client.agent);
				io.stdout(wantsJson(values.format) ? jsonText(found) : found.map(block).join("\n"));
				return 0;
			}
			const options = reason === undefined ? {} : { reason };
			if (service === undefined) await client.agent.maintenance(enable, options);
			else await client.agent.serviceMaintenance(service, enable, options);
			const what = service === undefined ? "Node" : `Service ${service}`;
			io.stdout(`${what} is ${enable ? "in maintenance" : "back from maintenance"}\n`);
			return 0;
		});
	},
});

/** The node (without an id) and the services that are in maintenance. */
interface Maintained {
	readonly Node?: string;
	readonly ServiceID?: string;
	readonly Reason: string;
}

async function inMaintenance(agent: Client["agent"]): Promise<readonly Maintained[]> {
	const checks = Object.values(await agent.checks());
	const node = checks.find((check) => check.CheckID === "_node_maintenance");
	const services = checks
		.filter((check) => check.CheckID.startsWith(servicePrefix))
		.map((check) => ({ ServiceID: check.CheckID.slice(servicePrefix.length), Reason: check.Notes }));
	if (node === undefined) return services;
	return [{ Node: (await agent.self()).Config.NodeName, Reason: node.Notes }, ...services];
}

function block({ Node: node, ServiceID: id, Reason: reason }: Maintained): string {
	return node === undefined
		? `Service:\n  ID:     ${id}\n  Reason: ${reason}\n`
		: `Node:\n  Name:   ${node}\n  Reason: ${reason}\n`;
}

function invalid(text: string): DiscoError {
	return new DiscoError("ARGUMENT_INVALID", text);
}
