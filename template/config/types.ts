/** A program to run: one text (through the shell when it has blanks) or a list that is executed as it stands. */
export type Command = { readonly text: string } | { readonly argv: readonly string[] };

/** Which variables a child sees (RUNNER.md "Commands"). */
export interface EnvironmentConfig {
	/** Inherit nothing. */
	readonly pristine: boolean;
	/** `NAME=VALUE`, added last. */
	readonly custom: readonly string[];
	/** Globs; when there are any, only matching names are inherited. */
	readonly allowlist: readonly string[];
	/** Globs that are not inherited, whatever the allow list says. */
	readonly denylist: readonly string[];
}

/** How long a template waits for calm before it is rendered again. */
export interface WaitConfig {
	readonly minMs: number;
	readonly maxMs: number;
}

export interface TemplateConfig {
	/** A path; exactly one of `source` and `contents` is set, or the template fails when it is loaded. */
	readonly source?: string;
	readonly contents?: string;
	/** Empty when none was given, which only `-dry` allows. */
	readonly destination: string;
	readonly engine: "go" | "handlebars";
	readonly command?: Command;
	readonly commandTimeoutMs: number;
	readonly commandEnvironment: EnvironmentConfig;
	/** Permission bits; undefined keeps those of an existing file (0644 for a new one). */
	readonly mode?: number;
	/** Name or number of the file's owner. */
	readonly user?: string;
	readonly group?: string;
	readonly backup: boolean;
	readonly createFolders: boolean;
	readonly errorOnMissingKey: boolean;
	/** Whether a failing rendering ends the program; undefined leaves it to the mode (`-once`, `-compat`). */
	readonly errorFatal?: boolean;
	readonly leftDelimiter: string;
	readonly rightDelimiter: string;
	/** Wins over the global one; undefined: the global one. */
	readonly wait?: WaitConfig;
	readonly sandboxPath?: string;
	/** Globs of functions that fail when called. */
	readonly functionDenylist: readonly string[];
	/** Paths and globs of files whose parts the template may call. */
	readonly partials: readonly string[];
	/** What a new file must pass before it replaces the destination. */
	readonly limits: LimitsConfig;
	/** Says whether the live file works, after the command. */
	readonly verify?: Command;
	readonly verifyTimeoutMs: number;
	/** What happens when the command or `verify` fails. */
	readonly onFail: OnFail;
	/** How long data may go unconfirmed before `onStale` is done; undefined: for ever. */
	readonly maxAgeMs?: number;
	readonly onStale: OnStale;
	/** A pipeline of the Go template language; the template is executed for each of its elements, which is dot. */
	readonly forEach?: string;
	/** Whether files of elements that have gone are removed. */
	readonly prune: boolean;
}

/** `keep`: the new file stays. `rollback`: the former one is put back and the command runs again. */
export type OnFail = "keep" | "rollback";

/** With data that are too old: `keep` the file and tell, replace it by an `empty` one, or `fail`: end the program. */
export type OnStale = "keep" | "empty" | "fail";

export interface LimitsConfig {
	/** Must end with status 0; `{{.Src}}` in it is the new file's path. */
	readonly check?: Command;
	readonly checkTimeoutMs: number;
	readonly minBytes: number;
	/** RE2 expressions (`^` and `$` match at lines) with the least number of matches. */
	readonly minMatches: readonly { readonly pattern: string; readonly count: number }[];
}

/** Templates that are written all or none, with one command after it. */
export interface GroupConfig {
	readonly name: string;
	/** None of them has actions or `wait` of its own. */
	readonly templates: readonly TemplateConfig[];
	readonly actions: ActionsConfig;
	readonly wait?: WaitConfig;
}

/** What happens after files have been replaced. */
export type ActionsConfig = Pick<
	TemplateConfig,
	| "command"
	| "commandTimeoutMs"
	| "commandEnvironment"
	| "verify"
	| "verifyTimeoutMs"
	| "onFail"
	| "errorFatal"
	| "maxAgeMs"
	| "onStale"
>;

export interface RetryConfig {
	/** Retries after the first failure; 0 is without end. */
	readonly attempts: number;
	readonly backoffMs: number;
	readonly maxBackoffMs: number;
}

export interface ConsulConfig {
	/** `host:port`, with or without a scheme, or `unix://PATH`. */
	readonly address: string;
	readonly token?: string;
	readonly tokenFile?: string;
	/** `user` or `user:password`. */
	readonly auth?: string;
	/** Undefined: the first error ends the program. */
	readonly retry?: RetryConfig;
	readonly tls: TlsConfig;
}

export interface TlsConfig {
	readonly enabled: boolean;
	readonly verify: boolean;
	readonly cert?: string;
	readonly key?: string;
	readonly caCert?: string;
	readonly caPath?: string;
	readonly serverName?: string;
}

export interface ExecConfig {
	readonly command: Command;
	readonly environment: EnvironmentConfig;
	readonly killSignal: NodeJS.Signals;
	readonly killTimeoutMs: number;
	/** Sent on a change instead of a restart. */
	readonly reloadSignal?: NodeJS.Signals;
	/** Upper limit of the random wait before a reload or a restart. */
	readonly splayMs: number;
}

export interface LogFileConfig {
	readonly path: string;
	/** 0: no limit. */
	readonly rotateBytes: number;
	readonly rotateMs: number;
	/** Old files kept; 0 keeps all, -1 none. */
	readonly maxFiles: number;
}

export interface DedupConfig {
	readonly prefix: string;
	readonly ttlMs: number;
}

/** Where HAProxy takes commands. */
export type SocketAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** HAProxy processes of one configuration whose servers are kept equal to the catalog (docs/load-balancing.md). */
export interface HaproxyConfig {
	/** At least one; all are brought to the same state. */
	readonly sockets: readonly SocketAddress[];
	/** The file that HAProxy reads, the destination of one of the templates; undefined: it is not ours. */
	readonly file?: string;
	/** Makes HAProxy read the file again. */
	readonly reload?: Command;
	readonly reloadTimeoutMs: number;
	/** Each with a name of its own among all blocks. */
	readonly backends: readonly HaproxyBackendConfig[];
	/** How often it is looked whether HAProxy has been restarted. */
	readonly pollMs: number;
	/** For each command. */
	readonly timeoutMs: number;
}

export interface HaproxyBackendConfig {
	/** In HAProxy's file. */
	readonly name: string;
	/** `[TAG.]NAME[@DC][~NEAR]`, as the template function `service` takes it. */
	readonly service: string;
	/**
	 * `dynamic`: servers are added and removed while HAProxy runs. `slots`: a fixed number, taken in turn. `auto`: the first where
	 * the version and the backend allow it.
	 */
	readonly mode: "auto" | "dynamic" | "slots";
	/** Names that the file keeps ready. */
	readonly slots: number;
	/** What stands on each server's line behind its weight. */
	readonly serverLine: string;
	/** After the agent has lost its data, an empty answer is believed after this. */
	readonly emptyHoldMs: number;
}

/** Everything the program was told, parsed once; the rest of the program never looks at flags, files or variables. */
export interface RuntimeConfig {
	readonly consul: ConsulConfig;
	/** Keys come from this etcd instead of the agent. */
	readonly etcdAddress?: string;
	readonly templates: readonly TemplateConfig[];
	readonly groups: readonly GroupConfig[];
	readonly exec?: ExecConfig;
	readonly once: boolean;
	/** With `once`: how long data are waited for. */
	readonly timeoutMs?: number;
	readonly dry: boolean;
	/** With `dry`: show what would change instead of the whole text. */
	readonly diff: boolean;
	/** Write files, but run neither commands nor `verify`, and supervise nothing; `check` runs. */
	readonly noCommands: boolean;
	/** Where health, metrics and what is waited for are told. */
	readonly http?: { readonly host: string; readonly port: number };
	/** Read a template again when its source changes. */
	readonly watchTemplates: boolean;
	readonly parseOnly: boolean;
	/** Behave as the reference even where we are better by default (decision 3). */
	readonly compat: boolean;
	readonly killSignal?: NodeJS.Signals;
	readonly reloadSignal?: NodeJS.Signals;
	readonly logLevel: "trace" | "debug" | "info" | "warn" | "error";
	readonly logFile?: LogFileConfig;
	readonly pidFile?: string;
	/** Global quiescence; undefined: none. */
	readonly wait?: WaitConfig;
	/** How old a stale answer may be; 0 turns stale reads off. */
	readonly maxStaleMs: number;
	readonly blockQueryWaitMs: number;
	/** A key that does not exist ends `-once` after one wait instead of blocking for ever. */
	readonly errOnFailedLookup: boolean;
	readonly dedup?: DedupConfig;
	readonly haproxy: readonly HaproxyConfig[];
}
