/** The settings as `/v1/operator/autopilot/configuration` has them. */
export interface AutopilotConfig {
	readonly CleanupDeadServers: boolean;
	readonly LastContactThreshold: string;
	readonly MaxTrailingLogs: number;
	readonly MinQuorum: number;
	readonly ServerStabilizationTime: string;
	readonly RedundancyZoneTag?: string;
	readonly DisableUpgradeMigration?: boolean;
	readonly UpgradeVersionTag?: string;
	readonly ModifyIndex?: number;
	readonly [field: string]: unknown;
}

export const autopilotConfigPath = "/v1/operator/autopilot/configuration";
