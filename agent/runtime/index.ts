export { banner } from "./banner.ts";
export { checkDefinitions } from "./definitions.ts";
export { catchSignals, untilEnded } from "./signals.ts";
export { type AgentParts, type RunningAgent, startAgent } from "./start-agent.ts";
