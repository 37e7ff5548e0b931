import { tryParseDurationMs } from "../lib/duration.ts";
import { type Metadata, metadataValue } from "./metadata.ts";

interface DrainResult {
	/** How long the service drains once its container is told to stop; 0: not at all. */
	readonly drainMs: number;
	readonly warnings: readonly string[];
}

/** `SERVICE_DRAIN` (a duration, or `off`), else `-drain`. */
export function serviceDrain(metadata: Metadata, drainMs: number): DrainResult {
	const value = metadataValue(metadata, "drain");
	if (value === undefined) return { drainMs, warnings: [] };
	if (value === "off" || value === "0") return { drainMs: 0, warnings: [] };
	const own = tryParseDurationMs(value);
	if (own !== undefined && own >= 0) return { drainMs: own, warnings: [] };
	return { drainMs, warnings: [`SERVICE_DRAIN: "${value}" is neither a duration such as 10s nor off; not used`] };
}
