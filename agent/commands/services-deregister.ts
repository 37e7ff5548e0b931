import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { simpleCommand } from "./command.ts";
import { servicesFromFiles } from "./service-files.ts";

export const servicesDeregister = simpleCommand({
	usage: "[options] [FILE or FOLDER ...]",
	about: "Removes one service by its id, or those in files, from the local agent.",
	examples: ["disco services deregister -id api-1", "disco services deregister api.hcl"],
	flags: { id: { kind: "string", usage: "Id of the service", placeholder: "id" }, ...clientFlags },
	async run({ values, rest }, io) {
		if (values.id !== undefined && rest.length > 0) {
			throw new DiscoError("ARGUMENT_INVALID", "give either -id or files, not both");
		}
		if (values.id === undefined && rest.length === 0) {
			throw new DiscoError("ARGUMENT_INVALID", "nothing to remove: give -id ID, or files");
		}
		const services =
			values.id === undefined
				? servicesFromFiles(rest, (text) => io.stderr(`Warning: ${text}\n`)).map(({ registration, token }) => ({
						id: registration.ID ?? registration.Name,
						token,
					}))
				: [{ id: values.id, token: "" }];
		return withClient(values, io, async (client) => {
			for (const { id, token } of services) {
				await client.agent.deregisterService(id, token === "" ? {} : { token });
				io.stdout(`Removed: ${id}\n`);
			}
			return 0;
		});
	},
});
