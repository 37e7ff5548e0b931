import { clientFlags, serverFlags, withClient } from "../client-flags.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { type AutopilotConfig, autopilotConfigPath } from "./autopilot-config.ts";

export const autopilotGetConfig = simpleCommand({
	usage: "[options]",
	about: "Prints the settings by which servers are looked after.",
	examples: ["disco operator autopilot get-config"],
	flags: { ...serverFlags, ...clientFlags },
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const answer = await withClient(values, io, (client) =>
			client.call({ path: autopilotConfigPath, query: { stale: values.stale } }),
		);
		const config = JSON.parse(answer.body.toString("utf8")) as AutopilotConfig;
		const rows: readonly (readonly [string, unknown])[] = [
			["CleanupDeadServers", config.CleanupDeadServers],
			["LastContactThreshold", config.LastContactThreshold],
			["MaxTrailingLogs", config.MaxTrailingLogs],
			["MinQuorum", config.MinQuorum],
			["ServerStabilizationTime", config.ServerStabilizationTime],
			["RedundancyZoneTag", JSON.stringify(config.RedundancyZoneTag ?? "")],
			["DisableUpgradeMigration", config.DisableUpgradeMigration ?? false],
			["UpgradeVersionTag", JSON.stringify(config.UpgradeVersionTag ?? "")],
		];
		io.stdout(rows.map(([name, value]) => `${name} = ${value}\n`).join(""));
		return 0;
	},
});
