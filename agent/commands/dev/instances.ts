import type { Client } from "../../../client/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { type Child, startChild } from "./child.ts";
import type { Guard } from "./guard.ts";
import type { Journal } from "./journal.ts";
import type { DevOptions } from "./options.ts";

/** An instance of the sample service, as the page shows it. */
export interface InstanceStatus {
	readonly ID: string;
	readonly Address: string;
	readonly Port: number;
	/** 0 while it does not run. */
	readonly PID: number;
}

export interface Instances {
	/** Resolves when all run and are registered. */
	start(): Promise<void>;
	status(): readonly InstanceStatus[];
	stop(): Promise<void>;
}

const restartAfterMs = 10_000;
const startMsMax = 10_000;

/** Runs the instances, registers each with an HTTP check, and starts one that ended again after a while. */
export function createInstances(parts: {
	readonly ids: readonly string[];
	readonly options: DevOptions;
	readonly client: Client;
	readonly guard: Guard;
	readonly journal: Journal;
}): Instances {
	const { options, client, guard, journal } = parts;
	const running = new Map<string, { readonly child: Child; readonly port: number }>();
	const restarts = new Set<NodeJS.Timeout>();
	let stopping = false;

	async function startOne(id: string): Promise<void> {
		const { child, port } = await startService(id);
		if (stopping) return child.stop();
		running.set(id, { child, port });
		void child.ended.then((how) => onEnd(id, how));
		await client.agent.registerService({
			ID: id,
			Name: "api",
			Tags: ["demo"],
			Address: options.address,
			Port: port,
			Check: {
				Name: `Health ${id}`,
				HTTP: `http://${hostInUrl(options.address)}:${port}/health`,
				Interval: "2s",
				Timeout: "1s",
			},
		});
	}

	async function startService(id: string): Promise<{ child: Child; port: number }> {
		let onPort: (port: number) => void = () => {};
		const listening = new Promise<number>((resolve) => {
			onPort = resolve;
		});
		let lastLine = "it said nothing";
		const child = startChild({
			command: process.execPath,
			args: [options.serviceProgram],
			env: { INSTANCE: id, HOST: options.address, PORT: "0" },
			guard,
			onLine(line) {
				const port = /^listening (\d+)$/.exec(line)?.[1];
				if (port === undefined) lastLine = line;
				else onPort(Number(port));
			},
		});
		if (child === undefined)
			throw new DiscoError("CHILD_FAILED", `the sample service ${id} cannot be started: ${lastLine}`);
		let timer: NodeJS.Timeout | undefined;
		const tooLong = new Promise<string>((resolve) => {
			timer = setTimeout(() => resolve(`no port after ${startMsMax} ms`), startMsMax);
		});
		const outcome = await Promise.race([listening, child.ended, tooLong]);
		clearTimeout(timer);
		if (typeof outcome === "number") return { child, port: outcome };
		await child.stop();
		throw new DiscoError("CHILD_FAILED", `the sample service ${id} did not start (${outcome}): ${lastLine}`);
	}

	function onEnd(id: string, how: string): void {
		running.delete(id);
		if (stopping) return;
		journal.tell("note", `${id} ended (${how}); it is started again in ${restartAfterMs / 1000} s`);
		const timer = setTimeout(() => {
			restarts.delete(timer);
			startOne(id).catch((error: unknown) => {
				if (stopping) return;
				journal.tell("note", errorMessage(error));
				onEnd(id, "it did not start");
			});
		}, restartAfterMs);
		restarts.add(timer);
	}

	return {
		async start() {
			await Promise.all(parts.ids.map(startOne));
		},
		status: () =>
			parts.ids.map((id) => {
				const known = running.get(id);
				return { ID: id, Address: options.address, Port: known?.port ?? 0, PID: known?.child.pid ?? 0 };
			}),
		async stop() {
			stopping = true;
			for (const timer of restarts) clearTimeout(timer);
			await Promise.all([...running.values()].map(({ child }) => child.stop()));
		},
	};
}

/** IPv6 addresses stand in brackets. */
export function hostInUrl(address: string): string {
	return address.includes(":") ? `[${address}]` : address;
}
