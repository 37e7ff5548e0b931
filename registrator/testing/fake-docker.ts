import { DiscoError } from "../../lib/errors.ts";
import type { Docker, DockerEvent } from "../docker.ts";
import { inspectAnswer } from "./containers.ts";

/** A Docker without containers of its own will, that answers at once. */
interface FakeDocker extends Docker {
	/** Runs a container that publishes port 80; with `silent` nobody hears of it. */
	start(
		name: string,
		options?: { readonly hostPort?: number; readonly health?: string; readonly silent?: boolean },
	): void;
	/** Sends a signal that changes nothing by itself. */
	signal(name: string, signal: number): void;
	health(name: string, health: string, options?: { readonly silent?: boolean }): void;
	die(name: string, options?: { readonly exitCode?: number; readonly silent?: boolean }): void;
	/** Ends the event stream. */
	endStream(): void;
	/** What fails as if Docker were away: nothing, every call, or inspections. */
	failing: "nothing" | "everything" | "inspections";
	readonly streamsOpened: number;
}

interface FakeContainer {
	readonly hostPort: number;
	health: string | undefined;
	running: boolean;
	exitCode: number;
}

export function fakeDocker(): FakeDocker {
	const containers = new Map<string, FakeContainer>();
	let listener: ((event: DockerEvent) => void) | undefined;
	let end = () => {};
	// Later than what inspectAnswer says of the start.
	let timeMs = Date.UTC(2026, 10, 21, 15);
	let streamsOpened = 0;

	const emit = (kind: DockerEvent["kind"], name: string, exitCode?: number, signal?: number) => {
		timeMs++;
		listener?.({ kind, containerId: name, containerName: name, timeMs, exitCode, signal });
	};
	const away = () => new DiscoError("DOCKER_UNREACHABLE", "cannot reach Docker", { retryable: true });

	const docker: FakeDocker = {
		address: "fake",
		failing: "nothing",
		get streamsOpened() {
			return streamsOpened;
		},
		start(name, { hostPort = 8000, health, silent = false } = {}) {
			containers.set(name, { hostPort, health, running: true, exitCode: 0 });
			if (!silent) emit("start", name);
		},
		signal: (name, signal) => emit("kill", name, undefined, signal),
		health(name, health, { silent = false } = {}) {
			Object.assign(containers.get(name) ?? {}, { health });
			if (!silent) emit("health", name);
		},
		die(name, { exitCode = 137, silent = false } = {}) {
			const container = containers.get(name);
			if (container === undefined) return;
			Object.assign(container, { running: false, exitCode });
			if (!silent) emit("die", name, exitCode);
		},
		endStream: () => end(),
		async ping() {
			if (docker.failing === "everything") throw away();
		},
		async list({ ended }) {
			if (docker.failing === "everything") throw away();
			return [...containers]
				.filter(([, { running }]) => running || ended)
				.map(([name, { hostPort, health, running, exitCode }]) => ({
					id: name,
					name,
					running,
					exitCode: running ? undefined : exitCode,
					digest: `${hostPort} ${health}`,
				}));
		},
		async inspect(containerId) {
			if (docker.failing !== "nothing") throw away();
			const container = containers.get(containerId);
			if (container === undefined) return undefined;
			return inspectAnswer({
				name: containerId,
				running: container.running,
				...(container.health === undefined ? {} : { health: container.health }),
				published: { "80/tcp": [`0.0.0.0:${container.hostPort}`] },
			});
		},
		async follow({ signal, onOpen, onEvent }) {
			if (docker.failing === "everything") throw away();
			streamsOpened++;
			listener = onEvent;
			onOpen();
			await new Promise<void>((resolve) => {
				end = resolve;
				signal.addEventListener("abort", () => resolve(), { once: true });
			});
			listener = undefined;
		},
	};
	return docker;
}
