import type { Clock } from "../../lib/env/index.ts";
import type { Pacer } from "./template.ts";

/** Far below the 50 ms for which nothing may hold the program, since a slice ends only where work can be left. */
const sliceMs = 15;

/** Slices by the clock. */
export function createPacer(clock: Clock): Pacer {
	let sliceEndMs = clock.monotonicMs() + sliceMs;
	return {
		due: () => clock.monotonicMs() >= sliceEndMs,
		async rest() {
			await new Promise<void>((resolve) => clock.after(0, resolve));
			sliceEndMs = clock.monotonicMs() + sliceMs;
		},
	};
}
