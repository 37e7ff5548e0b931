import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { requireArguments, simpleCommand } from "./command.ts";

const servicePrefix = "_service_maintenance:";

export const maint = simpleCommand({
	usage: "[options]",
	about: "Takes the node or a service out of answers, and back. Without options lists what is in maintenance.",
	flags: {
		disable: { kind: "bool", usage: "End the maintenance" },
		enable: { kind: "bool", usage: "Begin the maintenance" },
		reason: { kind: "string", usage: "Why; shown in the check", placeholder: "text" },
		service: { kind: "string", usage: "Id of a service; the node unless given", placeholder: "id" },
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
				io.stdout(await list(client.agent));
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

async function list(agent: {
	self(): Promise<{ readonly Config: { readonly NodeName: string } }>;
	checks(): Promise<Readonly<Record<string, { readonly CheckID: string; readonly Notes: string }>>>;
}): Promise<string> {
	const checks = Object.values(await agent.checks());
	const node = checks.find((check) => check.CheckID === "_node_maintenance");
	const blocks = checks
		.filter((check) => check.CheckID.startsWith(servicePrefix))
		.map((check) => `Service:\n  ID:     ${check.CheckID.slice(servicePrefix.length)}\n  Reason: ${check.Notes}\n`);
	if (node !== undefined) {
		const { NodeName } = (await agent.self()).Config;
		blocks.unshift(`Node:\n  Name:   ${NodeName}\n  Reason: ${node.Notes}\n`);
	}
	return blocks.join("\n");
}

function invalid(text: string): DiscoError {
	return new DiscoError("ARGUMENT_INVALID", text);
}
