/** Tells on a terminal how far a long command is; nowhere else, so that scripts see nothing of it. */
export interface Progress {
	add(count: number): void;
	/** Takes the line away. */
	end(): void;
}

const pauseMs = 200;

/** `what` is counted, up to `total` when that is known. Written to stderr while standard output is something else or the command is slow. */
export function createProgress(what: string, total?: number, terminal: ProgressTerminal = process.stderr): Progress {
	const startedMs = performance.now();
	let done = 0;
	let shownMs = startedMs;
	let isShown = false;
	return {
		add(count) {
			done += count;
			const nowMs = performance.now();
			if (terminal.isTTY !== true || nowMs - shownMs < pauseMs) return;
			shownMs = nowMs;
			isShown = true;
			const share = total === undefined ? "" : ` of ${total} (${Math.floor((done / Math.max(1, total)) * 100)} %)`;
			terminal.write(`\r${done}${share} ${what}\u001b[K`);
		},
		end() {
			if (isShown) terminal.write("\r\u001b[K");
			isShown = false;
		},
	};
}

/** For a single long call: how long it has been going on. Shown from the first second on. */
export function createWaiting(what: string, terminal: ProgressTerminal = process.stderr): { end(): void } {
	if (terminal.isTTY !== true) return { end: () => {} };
	const startedMs = performance.now();
	let isShown = false;
	const timer = setInterval(() => {
		isShown = true;
		terminal.write(`\r${Math.round((performance.now() - startedMs) / 1000)} s ${what}\u001b[K`);
	}, 1000);
	return {
		end() {
			clearInterval(timer);
			if (isShown) terminal.write("\r\u001b[K");
		},
	};
}

/** What is used of standard error. */
export interface ProgressTerminal {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}
