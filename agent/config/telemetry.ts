import type { TelemetryConfig } from "./runtime-config.ts";

/** `+consul.raft` shows metrics of that prefix, `-consul.http` hides them. What is neither is left out, with a warning. */
export function metricRules(texts: readonly string[], warnings: string[]): TelemetryConfig["filter"]["rules"] {
	return texts.flatMap((text) => {
		const [, sign, prefix] = /^([+-])(.+)$/s.exec(text) ?? [];
		if (prefix !== undefined) return [{ prefix, isShown: sign === "+" }];
		warnings.push(`telemetry.prefix_filter: "${text}" is left out; a rule is + or - and the beginning of a name`);
		return [];
	});
}
