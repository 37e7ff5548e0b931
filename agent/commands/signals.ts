/** Aborted by SIGINT or SIGTERM, which then no longer end the process by themselves. `release` gives them back. */
export function untilSignals(): { readonly signal: AbortSignal; release(): void } {
	const controller = new AbortController();
	const onSignal = () => controller.abort();
	process.on("SIGINT", onSignal);
	process.on("SIGTERM", onSignal);
	return {
		signal: controller.signal,
		release() {
			process.off("SIGINT", onSignal);
			process.off("SIGTERM", onSignal);
		},
	};
}
