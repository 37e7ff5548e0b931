import { Serf, type SerfEvent, type SwimSettings, serfSettings, swimPresets } from "../agent/gossip/index.ts";
import { NodeDirectory } from "../agent/gossip/swim/node-directory.ts";
import { silentLogger } from "../lib/log/index.ts";
import { nodeClock, nodeNetwork, nodeRandom } from "../lib/node/index.ts";

export const gossipPort = 7946;

/** A member with the settings of serf's LAN profile unless others are given. It is to be started. */
export function makeMember(
	name: string,
	host: string,
	onEvent: (event: SerfEvent) => void,
	settings: Partial<SwimSettings> = {},
	/** What many members in one process share. */
	directory = new NodeDirectory(),
): Serf {
	return new Serf({
		swim: {
			name,
			directory,
			bind: { host, port: gossipPort },
			settings: { ...swimPresets.lan, ...settings },
			framing: {
				random: nodeRandom,
				label: "",
				keyring: undefined,
				verifyIncoming: true,
				verifyOutgoing: true,
				compress: true,
			},
			clock: nodeClock,
			random: nodeRandom,
			network: nodeNetwork,
			logger: silentLogger,
		},
		settings: serfSettings,
		protocol: 5,
		tags: new Map(),
		matches: (expression, text) => new RegExp(expression).test(text),
		onEvent,
	});
}
