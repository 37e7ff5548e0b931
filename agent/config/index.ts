export type { FileRegistration } from "./definitions.ts";
export { serviceRegistration } from "./definitions.ts";
export { agentFlags } from "./flags.ts";
export type { GossipConfig } from "./gossip.ts";
export type { Fragment } from "./keys.ts";
export type { HostFacts } from "./load-config.ts";
export { loadAgentConfig, validateFragments } from "./load-config.ts";
export type { DnsConfig, ListenConfig, RuntimeConfig } from "./runtime-config.ts";
export { readFragments } from "./sources.ts";
