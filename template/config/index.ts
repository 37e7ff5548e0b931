/** Flags, files and variables in; one frozen `RuntimeConfig` out. */
export { type CommandLine, helpText, parseCommandLine } from "./flags.ts";
export { loadConfig } from "./load.ts";
export type {
	Command,
	ConsulConfig,
	DedupConfig,
	EnvironmentConfig,
	ExecConfig,
	LogFileConfig,
	RuntimeConfig,
	TemplateConfig,
} from "./types.ts";
