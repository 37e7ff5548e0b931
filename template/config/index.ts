/** Flags, files and variables in; one frozen `RuntimeConfig` out. */
export { withSource } from "./commands.ts";
export { type CommandLine, helpText, parseCommandLine } from "./flags.ts";
export { parseListenAddress } from "./listen-address.ts";
export { loadConfig, loadConfigText } from "./load.ts";
export type {
	ActionsConfig,
	Command,
	ConsulConfig,
	DedupConfig,
	EnvironmentConfig,
	ExecConfig,
	GroupConfig,
	HaproxyBackendConfig,
	HaproxyConfig,
	LimitsConfig,
	LogFileConfig,
	RuntimeConfig,
	SocketAddress,
	TemplateConfig,
	WaitConfig,
} from "./types.ts";
