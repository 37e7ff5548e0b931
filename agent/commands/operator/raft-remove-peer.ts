import { DiscoError } from "../../../lib/errors.ts";
import { clientFlags, withClient } from "../client-flags.ts";
import { requireArguments, simpleCommand } from "../command.ts";

export const raftRemovePeer = simpleCommand({
	usage: "[options]",
	about: "Takes a server that is gone for good, and was never taken out, out of the votes.",
	examples: ["disco operator raft remove-peer -address 10.0.0.7:8300"],
	flags: {
		address: { kind: "string", usage: "Its address, IP:PORT", placeholder: "address" },
		datacenter: { kind: "string", usage: "In another datacenter", placeholder: "name" },
		id: { kind: "string", usage: "Its id" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const { address, id } = values;
		if ((address === undefined) === (id === undefined)) {
			throw new DiscoError("ARGUMENT_INVALID", "give exactly one of -address and -id");
		}
		await withClient(values, io, (client) =>
			client.call({ method: "DELETE", path: "/v1/operator/raft/peer", query: { address, id } }),
		);
		io.stdout(`Removed: ${address ?? id}\n`);
		return 0;
	},
});
