import { consulAt, type DevAgent, discoWords, startDevAgent } from "../support/dev-agents.ts";

/** How to start each; undefined where the program is missing. Both get loopback addresses of their own. */
export const agentKinds: readonly (readonly [name: string, start: (() => Promise<DevAgent>) | undefined])[] = [
	["Consul", consulAt("127.16.1.1")],
	["disco", () => startDevAgent(discoWords, "127.16.1.2")],
];
