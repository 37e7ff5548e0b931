import { commandGroup } from "./command.ts";

const raft = commandGroup("Shows and changes who keeps the replicated log.", {
	"list-peers": {
		summary: "Prints the servers that keep the log",
		load: async () => (await import("./operator/raft-list-peers.ts")).raftListPeers,
	},
	"remove-peer": {
		summary: "Takes a server that is gone for good out of the votes",
		load: async () => (await import("./operator/raft-remove-peer.ts")).raftRemovePeer,
	},
	"transfer-leader": {
		summary: "Hands the leadership on to another server",
		load: async () => (await import("./operator/raft-transfer-leader.ts")).raftTransferLeader,
	},
});

const autopilot = commandGroup("Shows and changes how servers are looked after.", {
	"get-config": {
		summary: "Prints the settings",
		load: async () => (await import("./operator/autopilot-get-config.ts")).autopilotGetConfig,
	},
	"set-config": {
		summary: "Changes settings",
		load: async () => (await import("./operator/autopilot-set-config.ts")).autopilotSetConfig,
	},
	state: {
		summary: "Prints the servers' health",
		load: async () => (await import("./operator/autopilot-state.ts")).autopilotState,
	},
});

export const operator = commandGroup("Tools for those who run the servers.", {
	autopilot: { summary: "How servers are looked after", load: async () => autopilot },
	raft: { summary: "Who keeps the replicated log", load: async () => raft },
});
