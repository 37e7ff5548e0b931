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

/** What is used of standard error. */
export interface ProgressTerminal {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}
