import { clientFlags, serverFlags, withClient } from "../client-flags.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { formatFlags, wantsJson } from "../format.ts";

interface ServerState {
	readonly ID: string;
	readonly Name: string;
	readonly Address: string;
	readonly NodeStatus: string;
	readonly Version: string;
	readonly LastContact: string;
	readonly LastTerm: number;
	readonly LastIndex: number;
	readonly Healthy: boolean;
	readonly StableSince: string;
	readonly Status: string;
	readonly Meta: Readonly<Record<string, string>> | null;
	readonly NodeType?: string;
}

interface AutopilotState {
	readonly Healthy: boolean;
	readonly FailureTolerance: number;
	readonly OptimisticFailureTolerance?: number;
	readonly Servers: Readonly<Record<string, ServerState>> | null;
	readonly Leader: string;
	readonly Voters: readonly string[] | null;
	readonly ReadReplicas?: readonly string[] | null;
}

export const autopilotState = simpleCommand({
	usage: "[options]",
	about: "Prints the servers' health.",
	examples: ["disco operator autopilot state -format json"],
	flags: {
		...formatFlags,
		...serverFlags,
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const json = wantsJson(values.format);
		const answer = await withClient(values, io, (client) =>
			client.call({ path: "/v1/operator/autopilot/state", query: { stale: values.stale } }),
		);
		const state = JSON.parse(answer.body.toString("utf8")) as AutopilotState;
		io.stdout(json ? `${JSON.stringify(state, null, "   ")}\n` : pretty(state));
		return 0;
	},
});

function pretty(state: AutopilotState): string {
	const list = (title: string, ids: readonly string[]) =>
		ids.length === 0 ? [] : [`${title}:`, ...ids.map((id) => `   ${id}`)];
	const servers = Object.entries(state.Servers ?? {}).sort(([, a], [, b]) => (a.Name < b.Name ? -1 : 1));
	return [
		`Healthy:                      ${state.Healthy}`,
		`Failure Tolerance:            ${state.FailureTolerance}`,
		`Optimistic Failure Tolerance: ${state.OptimisticFailureTolerance ?? state.FailureTolerance}`,
		`Leader:                       ${state.Leader}`,
		...list("Voters", state.Voters ?? []),
		...list("Read Replicas", state.ReadReplicas ?? []),
		"Servers:",
		...servers.flatMap(([id, server]) => [
			`   ${id}`,
			`      Name:            ${server.Name}`,
			`      Address:         ${server.Address}`,
			`      Version:         ${server.Version}`,
			`      Status:          ${server.Status}`,
			`      Node Type:       ${server.NodeType ?? ""}`,
			`      Node Status:     ${server.NodeStatus}`,
			`      Healthy:         ${server.Healthy}`,
			`      Last Contact:    ${server.LastContact}`,
			`      Last Term:       ${server.LastTerm}`,
			`      Last Index:      ${server.LastIndex}`,
			`      Meta`,
			...Object.entries(server.Meta ?? {}).map(
				([key, value]) => `         ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
			),
		]),
		"",
	].join("\n");
}
