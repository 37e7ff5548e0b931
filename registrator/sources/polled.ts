import { type Clock, pause } from "../../lib/env/index.ts";
import { parseContainer } from "../container.ts";
import type { Docker, DockerEvent } from "../docker.ts";
import type { Reader } from "./readers.ts";

/** Between two readings. */
const readMs = 2_000;

/**
 * What a reader declares in the place of Docker: every declared container runs, one that appears or changes has started, one that
 * is gone has died. A reading that fails changes nothing; it ends the stream, and the caller opens it again.
 */
export function polledSource(address: string, read: Reader, clock: Clock): Docker {
	const readAll = async () => {
		const containers = (await read()).map(parseContainer);
		return new Map(containers.map((container) => [container.id, container]));
	};
	type Containers = Awaited<ReturnType<typeof readAll>>;
	const digestOf = (inspect: unknown) => JSON.stringify(inspect);

	return {
		address,
		ping: async () => {
			await read();
		},
		list: async () =>
			[...(await readAll()).values()].map(({ id, name, inspect }) => ({
				id,
				name,
				running: true,
				exitCode: undefined,
				digest: digestOf(inspect),
			})),
		inspect: async (containerId) => (await readAll()).get(containerId)?.inspect,
		async follow({ signal, onOpen, onEvent }) {
			let before: Containers = await readAll();
			onOpen();
			for (;;) {
				await pause(readMs, clock, signal);
				if (signal.aborted) return;
				const now = await readAll();
				const tell = (kind: DockerEvent["kind"], containerId: string, containerName: string) =>
					onEvent({ kind, containerId, containerName, timeMs: clock.nowMs(), exitCode: undefined, signal: undefined });
				for (const [id, { name }] of before) if (!now.has(id)) tell("die", id, name);
				for (const [id, { name, inspect }] of now) {
					const known = before.get(id);
					if (known === undefined || digestOf(known.inspect) !== digestOf(inspect)) tell("start", id, name);
				}
				before = now;
			}
		},
	};
}
