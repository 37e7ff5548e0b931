import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import type { RunningAgent } from "./start-agent.ts";

/** A leave that takes longer is given up. */
const leaveMsMax = 15_000;

/**
 * Lives with the agent until a signal or a leave ends it, and gives the exit code: 0 after a leave, 1 when it just stopped (the
 * reference's, for servers too). SIGHUP reads the configuration again; a second signal while leaving ends at once.
 */
export async function untilEnded(
	agent: RunningAgent,
	config: RuntimeConfig,
	logger: Logger,
	signals: SignalQueue,
): Promise<number> {
	const reload = () => {
		agent.reload().catch((error: unknown) => {
			logger.error("the new configuration is refused, the old one stays", { error: errorMessage(error) });
		});
	};
	process.on("SIGHUP", reload);
	// A log reader that goes away must not end the agent.
	const ignore = () => {};
	process.on("SIGPIPE", ignore);
	try {
		const first = await Promise.race([
			signals.next(),
			agent.left.then(() => "left" as const),
			agent.gaveUp.then(() => "gave up" as const),
		]);
		if (first === "left") return 0;
		if (first === "gave up") {
			await agent.close();
			return 1;
		}
		const leaves = first === "SIGINT" ? !config.skipLeaveOnInterrupt : config.leaveOnTerminate;
		logger.info("signal", { signal: first, leaves });
		if (!leaves) {
			await Promise.race([agent.close(), signals.next()]);
			return 1;
		}
		let timer: NodeJS.Timeout | undefined;
		const tooLong = new Promise<"late">((resolve) => {
			timer = setTimeout(() => resolve("late"), leaveMsMax);
		});
		const outcome = await Promise.race([agent.leave().then(() => "left"), signals.next(), tooLong]);
		clearTimeout(timer);
		return outcome === "left" ? 0 : 1;
	} finally {
		signals.close();
		process.off("SIGHUP", reload);
		process.off("SIGPIPE", ignore);
	}
}

/** SIGINT and SIGTERM in the order in which they came. */
interface SignalQueue {
	next(): Promise<NodeJS.Signals>;
	close(): void;
}

/**
 * To be called before an agent starts: who sees it answer may send a signal before the start is over. It is heard then; a second
 * one meanwhile ends the process at once.
 */
export function catchSignals(): SignalQueue {
	const seen: NodeJS.Signals[] = [];
	let wake: (() => void) | undefined;
	const onSignal = (signal: NodeJS.Signals) => {
		seen.push(signal);
		if (wake !== undefined) wake();
		else if (seen.length > 1) process.exit(1);
	};
	process.on("SIGINT", onSignal);
	process.on("SIGTERM", onSignal);
	return {
		async next() {
			while (seen.length === 0) {
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			}
			return seen.shift() ?? "SIGTERM";
		},
		close() {
			process.off("SIGINT", onSignal);
			process.off("SIGTERM", onSignal);
		},
	};
}
