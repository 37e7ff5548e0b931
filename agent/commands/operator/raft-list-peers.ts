import { clientFlags, serverFlags, withClient } from "../client-flags.ts";
import { columns } from "../columns.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { formatFlags, jsonText, wantsJson } from "../format.ts";

interface RaftConfiguration {
	readonly Servers: readonly {
		readonly ID: string;
		readonly Node: string;
		readonly Address: string;
		readonly Leader: boolean;
		readonly Voter: boolean;
		readonly ProtocolVersion: string;
	}[];
}

export const raftListPeers = simpleCommand({
	usage: "[options]",
	about: "Prints the servers that keep the replicated log.",
	examples: ["disco operator raft list-peers"],
	flags: { ...formatFlags, ...serverFlags, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		const answer = await withClient(values, io, (client) =>
			client.call({ path: "/v1/operator/raft/configuration", query: { stale: values.stale } }),
		);
		const { Servers } = JSON.parse(answer.body.toString("utf8")) as RaftConfiguration;
		if (json) {
			io.stdout(jsonText(Servers));
			return 0;
		}
		io.stdout(
			columns([
				["Node", "ID", "Address", "State", "Voter", "RaftProtocol"],
				...Servers.map((server) => [
					server.Node,
					server.ID,
					server.Address,
					server.Leader ? "leader" : "follower",
					String(server.Voter),
					server.ProtocolVersion,
				]),
			]),
		);
		return 0;
	},
});
