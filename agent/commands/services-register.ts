import type { AgentServiceRegistration, ServiceAddress } from "../../lib/api/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { simpleCommand } from "./command.ts";
import { keyValues } from "./node-meta.ts";
import { type FileService, servicesFromFiles } from "./service-files.ts";

export const servicesRegister = simpleCommand({
	usage: "[options] [FILE or FOLDER ...]",
	about: "Registers one service from options, or those in files, with the local agent.",
	examples: ["disco services register -name api -port 8080 -tag v1", "disco services register api.hcl"],
	flags: {
		address: { kind: "string", usage: "Address of the service; the node's unless given", placeholder: "address" },
		id: { kind: "string", usage: "Id of the service; its name unless given", placeholder: "id" },
		kind: { kind: "string", usage: "Kind of the service", placeholder: "kind" },
		meta: { kind: "list", usage: "Metadata; may be repeated", placeholder: "key=value" },
		name: { kind: "string", usage: "Name of the service", placeholder: "name" },
		port: { kind: "int", usage: "Port of the service", placeholder: "port" },
		socket: { kind: "string", usage: "Unix socket of the service", placeholder: "path" },
		tag: { kind: "list", usage: "Tag; may be repeated", placeholder: "tag" },
		"tagged-address": { kind: "list", usage: "Further address; may be repeated", placeholder: "name=address:port" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		const { address, id, kind, meta, name, port, socket, tag } = values;
		const tagged = values["tagged-address"];
		const fromOptions = [address, id, kind, meta, name, port, socket, tag, tagged].some((value) => value !== undefined);
		if (fromOptions && rest.length > 0) {
			throw new DiscoError("ARGUMENT_INVALID", "give either options of one service or files, not both");
		}
		if (!fromOptions && rest.length === 0) {
			throw new DiscoError("ARGUMENT_INVALID", "nothing to register: give -name NAME, or files");
		}
		if (fromOptions && name === undefined)
			throw new DiscoError("ARGUMENT_INVALID", "the service has no name: give -name");
		const registration: AgentServiceRegistration & { readonly Kind?: string; readonly SocketPath?: string } = {
			Name: name ?? "",
			...(id === undefined ? {} : { ID: id }),
			...(tag === undefined ? {} : { Tags: tag }),
			...(address === undefined ? {} : { Address: address }),
			...(port === undefined ? {} : { Port: port }),
			...(meta === undefined ? {} : { Meta: keyValues(meta, "meta") }),
			...(kind === undefined ? {} : { Kind: kind }),
			...(socket === undefined ? {} : { SocketPath: socket }),
			...(tagged === undefined ? {} : { TaggedAddresses: taggedAddresses(tagged) }),
		};
		const services: readonly FileService[] = fromOptions
			? [{ registration, token: "" }]
			: servicesFromFiles(rest, (text) => io.stderr(`Warning: ${text}\n`));
		return withClient(values, io, async (client) => {
			for (const service of services) {
				await client.agent.registerService(service.registration, service.token === "" ? {} : { token: service.token });
				io.stdout(`Registered: ${service.registration.Name}\n`);
			}
			return 0;
		});
	},
});

function taggedAddresses(words: readonly string[]): Readonly<Record<string, ServiceAddress>> {
	return Object.fromEntries(
		Object.entries(keyValues(words, "tagged-address")).map(([name, text]) => {
			const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text);
			if (match === null) {
				throw new DiscoError("FLAG_VALUE_INVALID", `option -tagged-address: "${text}" is not address:port`);
			}
			return [name, { Address: match[1] ?? match[2] ?? "", Port: Number(match[3] ?? 0) }];
		}),
	);
}
