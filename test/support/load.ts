import { Agent, get } from "node:http";

/**
 * Load on a site, at a rate that does not depend on how fast it answers: half of the requests over connections that are kept, half
 * over new ones. A request fails when its answer is not status 200 and complete; nothing is tried again.
 */
export interface Load {
	/** What happened so far. */
	report(): LoadReport;
	/** Sends nothing more and waits for the answers that are open. */
	stop(): Promise<LoadReport>;
}

export interface LoadReport {
	readonly answered: number;
	readonly failed: number;
	/** What went wrong, with how often. */
	readonly failures: Readonly<Record<string, number>>;
	/** Instances that answered. */
	readonly instances: number;
	/** Requests that an instance answered after it was told to end. */
	readonly whileDraining: number;
	/** The longest time from the stop signal to such a request. */
	readonly drainingMsMax: number;
	readonly latencyMsMax: number;
	/** Requests that were not sent because too many were open: the machine has other things to do. */
	readonly heldBack: number;
}

interface LoadOptions {
	/** host:port of the site. */
	readonly address: string;
	/** The `Host` that is asked for. */
	readonly host: string;
	readonly requestsPerSecond: number;
	/** Connections that are kept (16). */
	readonly keptConnections?: number;
}

/** Against a site that does not answer at all. */
const patienceMs = 20_000;
/** Requests without an answer at any moment; those that are due beyond it are not sent. */
const openMax = 64;
const tickMs = 10;

/** Begins at once. The site answers `{ instance, drainingMs? }`, as examples/demo/api does. */
export function startLoad({ address, host, requestsPerSecond, keptConnections = 16 }: LoadOptions): Load {
	const kept = new Agent({ keepAlive: true, maxSockets: keptConnections });
	const instances = new Set<string>();
	const failures: Record<string, number> = {};
	const total = { sent: 0, answered: 0, failed: 0, whileDraining: 0, drainingMsMax: 0, latencyMsMax: 0, heldBack: 0 };
	const open = new Set<Promise<void>>();

	const take = (text: string) => {
		const { instance, drainingMs } = JSON.parse(text) as { instance: string; drainingMs?: number };
		instances.add(instance);
		total.answered++;
		if (drainingMs === undefined) return;
		total.whileDraining++;
		total.drainingMsMax = Math.max(total.drainingMsMax, drainingMs);
	};
	const fail = (reason: string) => {
		total.failed++;
		failures[reason] = (failures[reason] ?? 0) + 1;
	};
	const send = () => {
		const agent = total.sent++ % 2 === 0 ? kept : false;
		const kind = agent === false ? "new" : "kept";
		const sentMs = performance.now();
		const exchange = new Promise<void>((resolve) => {
			const over = (reason?: string) => {
				total.latencyMsMax = Math.max(total.latencyMsMax, performance.now() - sentMs);
				if (reason !== undefined) fail(`${kind} connection: ${reason}`);
				resolve();
			};
			const request = get(`http://${address}/load`, { agent, headers: { host }, timeout: patienceMs }, (response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (chunk: string) => {
					text += chunk;
				});
				response.on("error", (error: NodeJS.ErrnoException) =>
					over(`answer broken off: ${error.code ?? error.message}`),
				);
				response.on("end", () => {
					if (response.statusCode !== 200) over(`status ${response.statusCode}`);
					else {
						take(text);
						over();
					}
				});
			});
			request.on("timeout", () => request.destroy(new Error("no answer")));
			request.on("error", (error: NodeJS.ErrnoException) => over(error.code ?? error.message));
		});
		open.add(exchange);
		void exchange.then(() => open.delete(exchange));
	};

	const startedMs = performance.now();
	const timer = setInterval(() => {
		const due = ((performance.now() - startedMs) / 1000) * requestsPerSecond;
		while (total.sent + total.heldBack < due) {
			if (open.size < openMax) send();
			else total.heldBack++;
		}
	}, tickMs);
	const report = (): LoadReport => ({
		answered: total.answered,
		failed: total.failed,
		failures: { ...failures },
		instances: instances.size,
		whileDraining: total.whileDraining,
		drainingMsMax: total.drainingMsMax,
		latencyMsMax: Math.round(total.latencyMsMax),
		heldBack: total.heldBack,
	});
	return {
		report,
		async stop() {
			clearInterval(timer);
			await Promise.all(open);
			kept.destroy();
			return report();
		},
	};
}
