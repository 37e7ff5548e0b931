import type { Command } from "./types.ts";

/** What one source (the flags, one file, one variable) says; absent is "says nothing". Layers are merged, later ones win. */
export interface ConfigLayer {
	readonly consul?: ConsulLayer;
	readonly templates?: readonly TemplateLayer[];
	readonly groups?: readonly GroupLayer[];
	/** `etcd=ADDRESS` */
	readonly source?: string;
	readonly http?: string;
	readonly watchTemplates?: boolean;
	readonly exec?: ExecLayer;
	readonly wait?: WaitLayer;
	readonly dedup?: DedupLayer;
	readonly syslog?: { readonly enabled?: boolean; readonly facility?: string; readonly name?: string };
	readonly logFile?: LogFileLayer;
	readonly delimiters?: { readonly left?: string; readonly right?: string };
	readonly killSignal?: string;
	readonly reloadSignal?: string;
	readonly logLevel?: string;
	readonly maxStaleMs?: number;
	readonly pidFile?: string;
	readonly blockQueryWaitMs?: number;
	readonly errOnFailedLookup?: boolean;
	readonly templateErrorFatal?: boolean;
	readonly haproxy?: readonly HaproxyLayer[];
	/** For all templates. */
	readonly partials?: readonly string[];
}

export interface HaproxyLayer {
	readonly sockets?: readonly string[];
	readonly file?: string;
	readonly reload?: Command;
	readonly reloadTimeoutMs?: number;
	readonly backends?: readonly HaproxyBackendLayer[];
	readonly pollMs?: number;
	readonly timeoutMs?: number;
}

export interface HaproxyBackendLayer {
	readonly name?: string;
	readonly service?: string;
	readonly mode?: string;
	readonly slots?: number;
	readonly serverLine?: string;
	readonly slowStartMs?: number;
	readonly emptyHoldMs?: number;
}

export interface ConsulLayer {
	readonly address?: string;
	readonly namespace?: string;
	readonly token?: string;
	readonly tokenFile?: string;
	readonly auth?: { readonly enabled?: boolean; readonly username?: string; readonly password?: string };
	readonly retry?: RetryLayer;
	readonly ssl?: SslLayer;
	/** Connection settings are read for compatibility; Node's keep-alive agent needs none of them. */
	readonly transport?: Readonly<Record<string, unknown>>;
}

export interface RetryLayer {
	readonly enabled?: boolean;
	readonly attempts?: number;
	readonly backoffMs?: number;
	readonly maxBackoffMs?: number;
}

export interface SslLayer {
	readonly enabled?: boolean;
	readonly verify?: boolean;
	readonly cert?: string;
	readonly key?: string;
	readonly caCert?: string;
	readonly caCertBytes?: string;
	readonly caPath?: string;
	readonly serverName?: string;
}

export interface WaitLayer {
	readonly enabled?: boolean;
	readonly minMs?: number;
	readonly maxMs?: number;
}

export interface EnvironmentLayer {
	readonly pristine?: boolean;
	readonly custom?: readonly string[];
	readonly allowlist?: readonly string[];
	readonly denylist?: readonly string[];
}

export interface ExecLayer {
	readonly enabled?: boolean;
	readonly command?: Command;
	readonly environment?: EnvironmentLayer;
	readonly killSignal?: string;
	readonly killTimeoutMs?: number;
	readonly reloadSignal?: string;
	readonly splayMs?: number;
	readonly timeoutMs?: number;
}

export interface LogFileLayer {
	readonly path?: string;
	readonly rotateBytes?: number;
	readonly rotateMs?: number;
	readonly maxFiles?: number;
}

export interface DedupLayer {
	readonly enabled?: boolean;
	readonly prefix?: string;
	readonly ttlMs?: number;
	readonly maxStaleMs?: number;
	readonly blockQueryWaitMs?: number;
}

export interface TemplateLayer {
	readonly source?: string;
	readonly contents?: string;
	readonly destination?: string;
	readonly engine?: string;
	readonly command?: Command;
	readonly commandTimeoutMs?: number;
	readonly exec?: ExecLayer;
	readonly mode?: number;
	readonly user?: string;
	readonly group?: string;
	readonly uid?: number;
	readonly gid?: number;
	readonly backup?: boolean;
	readonly createFolders?: boolean;
	readonly errorOnMissingKey?: boolean;
	readonly errorFatal?: boolean;
	readonly leftDelimiter?: string;
	readonly rightDelimiter?: string;
	readonly wait?: WaitLayer;
	readonly sandboxPath?: string;
	readonly functionDenylist?: readonly string[];
	readonly partials?: readonly string[];
	readonly check?: Command;
	readonly checkTimeoutMs?: number;
	readonly minBytes?: number;
	readonly minMatches?: readonly { readonly pattern?: string; readonly count?: number }[];
	readonly verify?: Command;
	readonly verifyTimeoutMs?: number;
	readonly onFail?: string;
	readonly maxAgeMs?: number;
	readonly onStale?: string;
	readonly forEach?: string;
	readonly prune?: boolean;
}

export interface GroupLayer {
	readonly name?: string;
	readonly templates?: readonly TemplateLayer[];
	readonly command?: Command;
	readonly commandTimeoutMs?: number;
	readonly exec?: ExecLayer;
	readonly verify?: Command;
	readonly verifyTimeoutMs?: number;
	readonly onFail?: string;
	readonly maxAgeMs?: number;
	readonly onStale?: string;
	readonly errorFatal?: boolean;
	readonly wait?: WaitLayer;
}

/** One layer that says what both say, `later` where both speak. Templates and lists of variables add up. */
export function mergeLayers(earlier: ConfigLayer, later: ConfigLayer): ConfigLayer {
	return {
		...earlier,
		...later,
		...merged("consul", earlier.consul, later.consul, mergeConsul),
		...merged("exec", earlier.exec, later.exec, mergeExec),
		...merged("wait", earlier.wait, later.wait, spread),
		...merged("dedup", earlier.dedup, later.dedup, spread),
		...merged("syslog", earlier.syslog, later.syslog, spread),
		...merged("logFile", earlier.logFile, later.logFile, spread),
		...merged("delimiters", earlier.delimiters, later.delimiters, spread),
		...merged("templates", earlier.templates, later.templates, (a, b) => [...a, ...b]),
		...merged("groups", earlier.groups, later.groups, (a, b) => [...a, ...b]),
		...merged("partials", earlier.partials, later.partials, concatenated),
		...merged("haproxy", earlier.haproxy, later.haproxy, (a, b) => [...a, ...b]),
	};
}

function mergeConsul(earlier: ConsulLayer, later: ConsulLayer): ConsulLayer {
	return {
		...earlier,
		...later,
		...merged("auth", earlier.auth, later.auth, spread),
		...merged("retry", earlier.retry, later.retry, spread),
		...merged("ssl", earlier.ssl, later.ssl, spread),
	};
}

function mergeExec(earlier: ExecLayer, later: ExecLayer): ExecLayer {
	return {
		...earlier,
		...later,
		...merged("environment", earlier.environment, later.environment, (a, b) => ({
			...a,
			...b,
			...merged("custom", a.custom, b.custom, concatenated),
			...merged("allowlist", a.allowlist, b.allowlist, concatenated),
			...merged("denylist", a.denylist, b.denylist, concatenated),
		})),
	};
}

const concatenated = (a: readonly string[], b: readonly string[]) => [...a, ...b];

function spread<T extends object>(earlier: T, later: T): T {
	return { ...earlier, ...later };
}

/** `{ [name]: merge(a, b) }` where both are there; otherwise nothing, as the outer spread took the one that is. */
function merged<Name extends string, T>(
	name: Name,
	earlier: T | undefined,
	later: T | undefined,
	merge: (a: T, b: T) => T,
): Partial<Record<Name, T>> {
	if (earlier === undefined || later === undefined) return {};
	return { [name]: merge(earlier, later) } as Partial<Record<Name, T>>;
}
