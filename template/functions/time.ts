import { goFunc } from "../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";
import { formatTime } from "./go-time.ts";

/** `timestamp`. */
export function timeFunctions({ nowMs }: FunctionContext): FunctionFamily {
	return {
		timestamp: goFunc("func(...string) (string, error)", (...layouts: string[]) => {
			if (layouts.length > 1) {
				throw new Error(`timestamp: wrong number of arguments, expected 0 or 1, but got ${layouts.length}`);
			}
			const [layout] = layouts;
			if (layout === "unix") return String(Math.floor(nowMs() / 1000));
			return formatTime(nowMs(), layout ?? "2006-01-02T15:04:05Z07:00");
		}),
	};
}
