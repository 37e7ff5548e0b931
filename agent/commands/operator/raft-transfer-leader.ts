import { clientFlags, withClient } from "../client-flags.ts";
import { requireArguments, simpleCommand } from "../command.ts";

export const raftTransferLeader = simpleCommand({
	usage: "[options]",
	about: "Hands the leadership on to another server, before the leader is stopped, say.",
	examples: [
		"disco operator raft transfer-leader",
		"disco operator raft transfer-leader -id 3c1f2c5e-1c1a-4d0e-8f3a-6b9f6b1f0d57",
	],
	flags: {
		datacenter: { kind: "string", usage: "In another datacenter", placeholder: "name" },
		id: { kind: "string", usage: "To the server with this id; the best one unless given" },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const { id } = values;
		await withClient(values, io, (client) =>
			client.call({ method: "POST", path: "/v1/operator/raft/transfer-leader", query: { id } }),
		);
		io.stdout("Success\n");
		return 0;
	},
});
