import { formatDuration } from "../../../lib/duration.ts";
import { DiscoError } from "../../../lib/errors.ts";
import { clientFlags, withClient } from "../client-flags.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { type AutopilotConfig, autopilotConfigPath } from "./autopilot-config.ts";

/** Between reading the settings and writing them back somebody else may change them. */
const attemptsMax = 5;

export const autopilotSetConfig = simpleCommand({
	usage: "[options]",
	about: "Changes the settings by which servers are looked after; only those that are given.",
	examples: ["disco operator autopilot set-config -cleanup-dead-servers=false"],
	flags: {
		"cleanup-dead-servers": {
			kind: "string",
			usage: "Whether dead servers are removed when a new one comes: true or false",
		},
		datacenter: { kind: "string", usage: "In another datacenter", placeholder: "name" },
		"disable-upgrade-migration": { kind: "string", usage: "Taken for compatibility", hidden: true },
		"last-contact-threshold": { kind: "duration", usage: "A server that long without word of the leader is ill" },
		"max-trailing-logs": { kind: "int", usage: "A server that far behind is ill", placeholder: "entries" },
		"min-quorum": { kind: "int", usage: "Servers that must stay", placeholder: "count" },
		"redundancy-zone-tag": { kind: "string", usage: "Taken for compatibility", hidden: true },
		"server-stabilization-time": { kind: "duration", usage: "A new server must be well that long before it votes" },
		"upgrade-version-tag": { kind: "string", usage: "Taken for compatibility", hidden: true },
		...clientFlags,
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const changes = without({
			CleanupDeadServers: truth("cleanup-dead-servers", values["cleanup-dead-servers"]),
			LastContactThreshold: duration(values["last-contact-threshold"]),
			MaxTrailingLogs: count("max-trailing-logs", values["max-trailing-logs"]),
			MinQuorum: count("min-quorum", values["min-quorum"]),
			ServerStabilizationTime: duration(values["server-stabilization-time"]),
			RedundancyZoneTag: values["redundancy-zone-tag"],
			DisableUpgradeMigration: truth("disable-upgrade-migration", values["disable-upgrade-migration"]),
			UpgradeVersionTag: values["upgrade-version-tag"],
		});
		return withClient(values, io, async (client) => {
			for (let attempt = 0; attempt < attemptsMax; attempt++) {
				const answer = await client.call({ path: autopilotConfigPath });
				const current = JSON.parse(answer.body.toString("utf8")) as AutopilotConfig;
				const written = await client.call({
					method: "PUT",
					path: autopilotConfigPath,
					query: { cas: current.ModifyIndex },
					json: { ...current, ...changes },
				});
				if (written.body.toString("utf8").trim() !== "true") continue;
				io.stdout("Configuration updated\n");
				return 0;
			}
			throw new DiscoError("CONFLICT", "somebody else changes the settings at this moment; try again");
		});
	},
});

function duration(ms: number | undefined): string | undefined {
	return ms === undefined ? undefined : formatDuration(ms);
}

function count(flag: string, value: number | undefined): number | undefined {
	if (value !== undefined && value < 0)
		throw new DiscoError("FLAG_VALUE_INVALID", `option -${flag}: ${value} is below 0`);
	return value;
}

function truth(flag: string, text: string | undefined): boolean | undefined {
	if (text === undefined) return undefined;
	if (text !== "true" && text !== "false") {
		throw new DiscoError("FLAG_VALUE_INVALID", `option -${flag}: "${text}" is not true or false`);
	}
	return text === "true";
}

function without(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
