import { DiscoError } from "../lib/errors.ts";
import { type FlagSpecs, flagsHelp, parseFlags } from "../lib/flags.ts";
import { type LogLevel, logLevels, parseLogLevel } from "../lib/log/index.ts";
import type { DeregistrationPolicy } from "./deregistration.ts";
import { type MetadataSpelling, metadataSpelling } from "./metadata.ts";
import { type ContainerPattern, parsePattern } from "./selection.ts";
import { parseSource, type SourceOption } from "./sources/source-option.ts";
import { parseStatusAddress } from "./status-address.ts";

const specs = {
	ip: { kind: "string", usage: "address for all services with published ports" },
	internal: { kind: "bool", usage: "register the containers' own addresses and ports, published or not" },
	explicit: { kind: "bool", usage: "only services that SERVICE_NAME or SERVICE_<port>_NAME names" },
	useIpFromLabel: { kind: "string", usage: "take the address from this label of the container", placeholder: "label" },
	network: {
		kind: "string",
		usage: "reach containers that are in this network there, at their own addresses and ports",
		placeholder: "name",
	},
	docker: {
		kind: "list",
		usage:
			"address of a Docker instead of DOCKER_HOST, or NAME=ADDRESS (first part of its services' ids); one for each host",
		placeholder: "address",
	},
	source: {
		kind: "string",
		usage:
			"docker (the default), compose=FILE, systemd[=PATTERN], dir=PATH (of JSON files) or exec=COMMAND (which prints JSON)",
		placeholder: "source",
	},
	prefix: {
		kind: "list",
		usage: "ACME: read ACME_NAME instead of SERVICE_NAME; com.acme.service: that instead of disco.service in labels",
		placeholder: "prefix",
	},
	only: { kind: "list", usage: "only containers that fit image=GLOB, name=GLOB, label=KEY or label=KEY=GLOB" },
	exclude: { kind: "list", usage: "no containers that fit such a pattern" },
	tags: { kind: "string", usage: "tags for every service: a comma list, a template over Docker's inspect object" },
	deregister: {
		kind: "string",
		usage: "always, or on-success: keep what failed containers leave",
		placeholder: "when",
	},
	cleanup: { kind: "bool", usage: "with -compat: remove what this host left behind, at start and at each resync" },
	resync: { kind: "int", usage: "seconds between registering everything again; 0: never", placeholder: "seconds" },
	ttl: { kind: "int", usage: "seconds until an entry expires (etcd and skydns2 only)", placeholder: "seconds" },
	"ttl-refresh": { kind: "int", usage: "seconds between two refreshes of expiring entries", placeholder: "seconds" },
	"retry-attempts": {
		kind: "int",
		usage:
			"further attempts to reach the registry at start; -1: for ever (the default; with -once, diff and -compat 0)",
		placeholder: "number",
	},
	"retry-interval": { kind: "int", usage: "milliseconds between these attempts (2000)", placeholder: "ms" },
	drain: {
		kind: "duration",
		usage: "how long services are in maintenance once their container is told to stop; 0: not (10s; with -compat 0)",
		placeholder: "time",
	},
	once: { kind: "bool", usage: "make the registry equal to the containers once, then end" },
	dry: { kind: "bool", usage: "write nothing to the registry; say what would be written" },
	http: { kind: "string", usage: "serve /health, /ready, /metrics and /state here", placeholder: "address" },
	owner: { kind: "string", usage: "first part of the services' ids instead of the host's name", placeholder: "name" },
	"log-level": { kind: "string", usage: "trace, debug, info, warn or error (info)", placeholder: "level" },
	compat: { kind: "bool", usage: "behave as the reference where the default here is better; also DISCO_COMPAT=1" },
} as const satisfies FlagSpecs;

/** As long as Docker waits by default before it kills what it told to stop. */
const drainMsDefault = 10_000;

/** What the command line says, checked and in our units. */
export interface Options {
	readonly compat: boolean;
	readonly uri: string;
	readonly ip: string;
	readonly internal: boolean;
	readonly explicit: boolean;
	readonly addressLabel: string;
	/** Empty: no network is preferred. */
	readonly network: string;
	/** `-docker` as given; empty: `DOCKER_HOST` or the usual socket. */
	readonly dockerHosts: readonly string[];
	readonly source: SourceOption;
	readonly spelling: MetadataSpelling;
	readonly only: readonly ContainerPattern[];
	readonly exclude: readonly ContainerPattern[];
	readonly tags: string;
	readonly deregistration: DeregistrationPolicy;
	readonly cleanup: boolean;
	readonly resyncMs: number;
	/** 0: entries do not expire. */
	readonly ttlSeconds: number;
	readonly ttlRefreshMs: number;
	readonly retry: { readonly attempts: number; readonly intervalMs: number };
	/** 0: services do not drain. */
	readonly drainMs: number;
	readonly once: boolean;
	readonly dry: boolean;
	/** Empty: nothing is served. */
	readonly http: string;
	/** Empty: the host's name. */
	readonly owner: string;
	readonly logLevel: LogLevel;
}

type CommandLine =
	| { readonly kind: "run" | "diff"; readonly options: Options }
	| { readonly kind: "help" }
	| { readonly kind: "version" };

/** Text of `-h`. */
export function helpText(): string {
	return `Usage: disco-registrator [options] <registry URI>
       disco-registrator diff [options] <registry URI>

Registers the services of this host's Docker containers, and removes them when their containers end.
diff prints what differs between the containers and the registry (+ missing, - left over, ~ changed) and ends with status 0
when nothing does, 3 when something does.

The registry URI is consul://host:port, consul-unix:///socket, consul-tls://host:port, consulkv://host:port/prefix or
consulkv-unix:///socket:/prefix, etcd://host:port/path (etcd2:// or etcd3:// for one of its APIs), skydns2://host:port/domain or zookeeper://host:port/path.
Docker is found by DOCKER_HOST, else at /var/run/docker.sock or /tmp/docker.sock.

Options:
${flagsHelp(specs)}
`;
}

/**
 * Reads the command line. Errors: `FLAG_*` and `USAGE` (exit status 2 in the reference), `OPTION_INVALID` (1).
 *
 * As in the reference, `--version` counts only when nothing else is given (`-compat` aside).
 */
export function parseCommandLine(
	args: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
	const alone = args.filter((arg) => !/^--?compat(=|$)/.test(arg));
	if (alone.length === 1 && alone[0] === "--version") return { kind: "version" };
	const isDiff = args[0] === "diff";
	const { values, rest, help } = parseFlags(isDiff ? args.slice(1) : args, specs);
	if (help) return { kind: "help" };
	const [uri] = rest;
	if (uri === undefined) {
		throw new DiscoError("USAGE", "the registry URI is missing; write disco-registrator consul://127.0.0.1:8500");
	}
	if (rest.length > 1) {
		throw new DiscoError("USAGE", `one registry URI is wanted, and options before it; "${rest[1]}" is too much`);
	}
	const compat = values.compat ?? environment["DISCO_COMPAT"] === "1";
	const once = values.once ?? false;
	if (once && /^zookeeper:/i.test(uri)) {
		throw invalid("-once with zookeeper://: its entries last only as long as the registrator runs; leave -once out");
	}
	const ttlSeconds = values.ttl ?? 0;
	const ttlRefreshSeconds = values["ttl-refresh"] ?? 0;
	checkTtl(ttlSeconds, ttlRefreshSeconds);
	return {
		kind: isDiff ? "diff" : "run",
		options: Object.freeze({
			compat,
			uri,
			ip: values.ip ?? "",
			internal: values.internal ?? false,
			explicit: values.explicit ?? false,
			addressLabel: values.useIpFromLabel ?? "",
			network: values.network ?? "",
			dockerHosts: dockerHosts(values),
			source: parseSource(values.source ?? "docker"),
			spelling: metadataSpelling(values.prefix ?? [], compat),
			only: (values.only ?? []).map((text) => parsePattern("only", text)),
			exclude: (values.exclude ?? []).map((text) => parsePattern("exclude", text)),
			tags: values.tags ?? "",
			deregistration: deregistrationPolicy(values.deregister ?? "always"),
			cleanup: values.cleanup ?? false,
			// The reference takes a negative one for none.
			resyncMs: notNegative("resync", compat ? Math.max(0, values.resync ?? 0) : (values.resync ?? 0)) * 1000,
			ttlSeconds,
			ttlRefreshMs: ttlRefreshSeconds * 1000,
			retry: {
				attempts: values["retry-attempts"] ?? (compat || once || isDiff ? 0 : -1),
				intervalMs: positive("retry-interval", values["retry-interval"] ?? 2000),
			},
			drainMs: notNegative("drain", values.drain ?? (compat ? 0 : drainMsDefault)),
			once,
			dry: values.dry ?? false,
			http: statusAddress(values.http ?? ""),
			owner: ownerName(values.owner ?? ""),
			logLevel: logLevel(values["log-level"] ?? "info"),
		}),
	};
}

function checkTtl(ttlSeconds: number, refreshSeconds: number): void {
	if (ttlSeconds === 0 && refreshSeconds === 0) return;
	if (ttlSeconds > refreshSeconds && refreshSeconds > 0) return;
	throw invalid(
		`-ttl ${ttlSeconds} with -ttl-refresh ${refreshSeconds}: give both, and let entries live longer than the time between refreshes`,
	);
}

function dockerHosts(values: {
	readonly docker?: readonly string[];
	readonly source?: string;
	readonly ip?: string;
}): readonly string[] {
	const { docker = [], source = "docker", ip = "" } = values;
	if (docker.length > 0 && source !== "docker") throw invalid(`-docker with -source ${source}: give one of them`);
	if (docker.length > 1 && ip !== "") {
		throw invalid(`-ip ${ip} with ${docker.length} times -docker: each host has an address of its own; leave -ip out`);
	}
	return docker;
}

function deregistrationPolicy(text: string): DeregistrationPolicy {
	if (text === "always" || text === "on-success") return text;
	throw invalid(`-deregister: "${text}" is neither always nor on-success`);
}

function ownerName(text: string): string {
	if (!text.includes(":")) return text;
	throw invalid(`-owner: "${text}" must not contain a colon, which separates the parts of an id`);
}

function statusAddress(text: string): string {
	if (text !== "") parseStatusAddress(text);
	return text;
}

function logLevel(text: string): LogLevel {
	const level = parseLogLevel(text);
	if (level === undefined) throw invalid(`-log-level: "${text}" is none of ${logLevels.join(", ")}`);
	return level;
}

function positive(name: string, value: number): number {
	if (value > 0) return value;
	throw invalid(`-${name}: ${value} is not greater than 0`);
}

function notNegative(name: string, value: number): number {
	if (value >= 0) return value;
	throw invalid(`-${name}: ${value} is less than 0`);
}

function invalid(message: string): DiscoError {
	return new DiscoError("OPTION_INVALID", message);
}
