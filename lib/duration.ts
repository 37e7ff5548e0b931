import { DiscoError } from "./errors.ts";

/** Nanoseconds per unit of Go's duration syntax (`time.ParseDuration`). */
const unitNs: Readonly<Record<string, number>> = {
	ns: 1,
	us: 1e3,
	"\u00b5s": 1e3,
	"\u03bcs": 1e3,
	ms: 1e6,
	s: 1e9,
	m: 60e9,
	h: 3600e9,
};

/**
 * Go's duration text (`10s`, `1m30s`, `1.5h`, `-2ms`, `0`) as milliseconds, fractions kept; undefined when it is none.
 */
export function tryParseDurationMs(text: string): number | undefined {
	const signless = text.replace(/^[+-]/, "");
	if (signless === "0") return 0;
	if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(signless)) return undefined;
	let totalNs = 0;
	for (const [, amount, unit] of signless.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)) {
		totalNs += Number(amount) * (unitNs[unit ?? ""] ?? 0);
	}
	return ((text.startsWith("-") ? -1 : 1) * totalNs) / 1e6;
}

/** As `tryParseDurationMs`, but throws `DURATION_INVALID` with `what` (the field's or flag's name) in the text. */
export function parseDurationMs(text: string, what: string): number {
	const parsedMs = tryParseDurationMs(text);
	if (parsedMs === undefined) {
		throw new DiscoError("DURATION_INVALID", `${what}: "${text}" is not a duration; write it like 10s, 1m30s or 500ms`);
	}
	return parsedMs;
}

/** A duration as Go prints it (`time.Duration.String`): `1m30s`, `1.5s`, `10ms`, `0s`. */
export function formatDuration(durationMs: number): string {
	const totalNs = Math.round(Math.abs(durationMs) * 1e6);
	if (totalNs === 0) return "0s";
	const sign = durationMs < 0 ? "-" : "";
	if (totalNs < 1e3) return `${sign}${totalNs}ns`;
	if (totalNs < 1e6) return `${sign}${trimmed(totalNs / 1e3)}\u00b5s`;
	if (totalNs < 1e9) return `${sign}${trimmed(totalNs / 1e6)}ms`;
	const hours = Math.floor(totalNs / 3600e9);
	const minutes = Math.floor((totalNs % 3600e9) / 60e9);
	const seconds = trimmed((totalNs % 60e9) / 1e9);
	if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
	if (minutes > 0) return `${sign}${minutes}m${seconds}s`;
	return `${sign}${seconds}s`;
}

/** At most nine decimals, without trailing zeros. */
function trimmed(value: number): string {
	return value.toFixed(9).replace(/\.?0+$/, "");
}
