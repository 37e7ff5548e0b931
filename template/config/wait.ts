import { parseDurationMs } from "../../lib/duration.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { WaitLayer } from "./layer.ts";
import type { WaitConfig } from "./types.ts";

/** `MIN` or `MIN:MAX` of `-wait`; an empty text turns waiting off. Errors: `WAIT_INVALID`, `DURATION_INVALID`. */
export function parseWait(text: string, what: string): WaitLayer {
	if (text.trim() === "") return { enabled: false };
	const [minText = "", maxText, more] = text.split(":");
	if (more !== undefined) throw invalid(what, text, "write MIN or MIN:MAX, such as 5s:20s");
	const minMs = parseDurationMs(minText.trim(), what);
	const maxMs = maxText === undefined ? 4 * minMs : parseDurationMs(maxText.trim(), what);
	if (minMs < 0 || maxMs < 0) throw invalid(what, text, "a wait cannot be negative");
	if (maxMs < minMs) throw invalid(what, text, "the second time must not be below the first");
	return { enabled: true, minMs, maxMs };
}

/** The wait that a layer asks for, or undefined when it is off. MAX is 4 x MIN when absent. */
export function waitConfig(layer: WaitLayer | undefined): WaitConfig | undefined {
	const minMs = layer?.minMs ?? 0;
	if (layer === undefined || layer.enabled === false || minMs <= 0) return undefined;
	const maxMs = layer.maxMs ?? 4 * minMs;
	if (maxMs < minMs) throw invalid("wait", `${minMs}ms:${maxMs}ms`, "max must not be below min");
	return { minMs, maxMs };
}

function invalid(what: string, text: string, wanted: string): DiscoError {
	return new DiscoError("WAIT_INVALID", `${what}: "${text}": ${wanted}`);
}
