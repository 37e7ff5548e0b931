import type { CheckStatus } from "../../lib/api/index.ts";
import { formatDuration } from "../../lib/duration.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { CheckPlan } from "../local/index.ts";
import type { CheckFields } from "./check-fields.ts";

/** How long a probe may take when the registration does not say. */
const timeoutDefaultMs = 10_000;
const scriptTimeoutDefaultMs = 30_000;
/** How much of a probe's output is kept when the registration does not say. */
const outputSizeBytesMaxDefault = 4096;

/** What the plan needs to know beyond the check's own fields. */
interface CheckPlace {
	readonly checkId: string;
	readonly name: string;
	readonly serviceId: string;
	readonly serviceName: string;
	readonly serviceTags: readonly string[] | null;
	/** A service's check shows no duration that was not given, a check of its own shows `0s`. */
	readonly zeroDuration: "" | "0s";
	/** Take `script`, which runs in a shell (our addition). */
	readonly allowScriptText: boolean;
}

/**
 * A check's fields as a plan. Fails with `CHECK_INVALID` where the reference does: no way to probe, an interval with a TTL, a
 * probe without an interval, a status that is none.
 */
export function checkPlan(check: CheckFields, place: CheckPlace): CheckPlan {
	const args = scriptArguments(check, place.allowScriptText);
	refuseContradictions(check, args, place.allowScriptText);
	const kind = kindOf(check, args);
	const intervalMs = check.Interval ?? 0;
	const timeoutMs = check.Timeout ?? 0;
	return {
		content: {
			checkId: place.checkId,
			name: place.name,
			status: statusOf(check),
			notes: check.Notes ?? "",
			output: "",
			serviceId: place.serviceId,
			serviceName: place.serviceName,
			serviceTags: place.serviceTags,
			type: kind,
			interval: intervalMs > 0 ? formatDuration(intervalMs) : place.zeroDuration,
			timeout: timeoutMs > 0 ? formatDuration(timeoutMs) : place.zeroDuration,
			exposedPort: 0,
			definition: {},
		},
		kind,
		intervalMs,
		timeoutMs: timeoutMs > 0 ? timeoutMs : kind === "script" ? scriptTimeoutDefaultMs : timeoutDefaultMs,
		ttlMs: check.TTL ?? 0,
		...(kind === "http" ? { http: httpProbe(check) } : {}),
		...targetOf(check, kind),
		...tlsOf(check, kind),
		...(kind === "docker" ? { docker: { containerId: check.DockerContainerID ?? "" } } : {}),
		...(kind === "alias" ? { alias: { node: check.AliasNode ?? "", serviceId: check.AliasService ?? "" } } : {}),
		...(args === undefined ? {} : { args }),
		successBeforePassing: check.SuccessBeforePassing ?? 0,
		failuresBeforeWarning: check.FailuresBeforeWarning ?? check.FailuresBeforeCritical ?? 0,
		failuresBeforeCritical: check.FailuresBeforeCritical ?? 0,
		deregisterCriticalServiceAfterMs: check.DeregisterCriticalServiceAfter ?? 0,
		outputSizeBytesMax: (check.OutputMaxSize ?? 0) > 0 ? (check.OutputMaxSize ?? 0) : outputSizeBytesMaxDefault,
		definition: definitionOf(check),
	};
}

function scriptArguments(check: CheckFields, allowScriptText: boolean): readonly string[] | undefined {
	const args = check.Args ?? check.ScriptArgs;
	if (args !== undefined && args.length > 0) return args;
	if (check.Script === undefined || check.Script === "") return undefined;
	if (!allowScriptText) throw new DiscoError("JSON_FIELD_INVALID", 'json: unknown field "Script"; use Args');
	return ["/bin/sh", "-c", check.Script];
}

/**
 * The reference's rules on what excludes what, with its texts. With `lenient` a container's own health needs no command, and this
 * system's services can be asked for (the reference can that on Windows only).
 */
function refuseContradictions(check: CheckFields, args: readonly string[] | undefined, lenient: boolean): void {
	const interval = check.Interval ?? 0;
	const ttl = check.TTL ?? 0;
	const probed = [check.HTTP, check.TCP, check.UDP, check.GRPC, check.H2PING, check.OSService];
	const asksDocker = lenient && given(check.DockerContainerID) && ttl <= 0;
	const needsInterval = args !== undefined || asksDocker || probed.some(given);
	const alias = isAlias(check);
	if (interval > 0 && ttl > 0) throw invalid("Interval and TTL cannot both be specified");
	if (needsInterval && interval <= 0) {
		throw invalid("Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks");
	}
	if (needsInterval && alias) throw invalid("Interval cannot be set for Alias checks");
	if (alias && ttl > 0) throw invalid("TTL must be not be set for Alias checks");
	if (!needsInterval && !alias && ttl <= 0) throw invalid("TTL must be > 0 for TTL checks; or give HTTP, TCP or Args");
	if (given(check.OSService) && !lenient) throw invalid("OSService: not implemented on this operating system");
	if ((check.OutputMaxSize ?? 0) < 0) throw invalid("OutputMaxSize must be positive");
	const warning = check.FailuresBeforeWarning;
	if (warning !== undefined && warning > (check.FailuresBeforeCritical ?? 0)) {
		throw invalid("FailuresBeforeWarning can't be higher than FailuresBeforeCritical");
	}
}

/** In the reference's order: HTTP counts before a script that is given with it. */
function kindOf(check: CheckFields, args: readonly string[] | undefined): CheckPlan["kind"] {
	if (given(check.GRPC)) return "grpc";
	if (given(check.HTTP)) return "http";
	if ((check.TTL ?? 0) > 0) return "ttl";
	if (given(check.TCP)) return "tcp";
	if (given(check.UDP)) return "udp";
	if (isAlias(check)) return "alias";
	if (given(check.DockerContainerID)) return "docker";
	if (args !== undefined) return "script";
	if (given(check.H2PING)) return "h2ping";
	return "os_service";
}

function given(field: string | undefined): boolean {
	return field !== undefined && field !== "";
}

function isAlias(check: CheckFields): boolean {
	return given(check.AliasNode) || given(check.AliasService);
}

function httpProbe(check: CheckFields): NonNullable<CheckPlan["http"]> {
	return {
		url: check.HTTP ?? "",
		method: given(check.Method) ? (check.Method ?? "GET") : "GET",
		header: check.Header ?? {},
		body: check.Body ?? "",
		disableRedirects: check.DisableRedirects ?? false,
		tlsServerName: check.TLSServerName ?? "",
		tlsSkipVerify: check.TLSSkipVerify ?? false,
	};
}

/** HTTP/2 pings are encrypted unless the registration says otherwise, gRPC the other way round. */
function tlsOf(check: CheckFields, kind: CheckPlan["kind"]): Pick<CheckPlan, "tls"> {
	const isEncrypted =
		kind === "grpc" ? (check.GRPCUseTLS ?? false) : kind === "h2ping" ? (check.H2PingUseTLS ?? true) : false;
	if (!isEncrypted) return {};
	return { tls: { serverName: check.TLSServerName ?? "", skipVerify: check.TLSSkipVerify ?? false } };
}

function targetOf(check: CheckFields, kind: CheckPlan["kind"]): { readonly target?: string } {
	const targets: Partial<Record<CheckPlan["kind"], string | undefined>> = {
		tcp: check.TCP,
		udp: check.UDP,
		grpc: check.GRPC,
		h2ping: check.H2PING,
		os_service: check.OSService,
	};
	const target = targets[kind];
	return target === undefined ? {} : { target };
}

/** What was given, names as the API spells them, durations as text; tokens left out. */
function definitionOf(check: CheckFields): Readonly<Record<string, unknown>> {
	const durations = new Set(["Interval", "Timeout", "TTL", "DeregisterCriticalServiceAfter"]);
	return Object.fromEntries(
		Object.entries(check)
			.filter(([name, value]) => value !== undefined && name !== "Token")
			.map(([name, value]) => [name, durations.has(name) ? formatDuration(Number(value)) : value]),
	);
}

/** The status a check starts with: the one given, else critical. */
function statusOf(check: { readonly Status?: string }): CheckStatus {
	const status = check.Status ?? "";
	if (status === "") return "critical";
	const known = parseStatus(status);
	if (known === undefined) {
		throw new DiscoError(
			"CHECK_INVALID",
			`Status for checks must 'passing', 'warning', 'critical'; it is ${JSON.stringify(status)}`,
		);
	}
	return known;
}

export function parseStatus(text: string): CheckStatus | undefined {
	return text === "passing" || text === "warning" || text === "critical" ? text : undefined;
}

function invalid(message: string): DiscoError {
	return new DiscoError("CHECK_INVALID", `Invalid check: ${message}`);
}
