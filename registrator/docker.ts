/** What happened to a container, of the kinds that the registrator asks for. */
export interface DockerEvent {
	/** `kill`: a signal was sent to it. `health`: its HEALTHCHECK says something else than before. */
	readonly kind: "start" | "die" | "destroy" | "kill" | "health";
	readonly containerId: string;
	readonly containerName: string;
	/** Docker's time in milliseconds since the epoch, with fractions. */
	readonly timeMs: number;
	/** Of `die`. */
	readonly exitCode: number | undefined;
	/** Of `kill`. */
	readonly signal: number | undefined;
}

/** A container in a listing. */
export interface DockerListing {
	readonly id: string;
	readonly name: string;
	readonly running: boolean;
	/** Of a container that ended; undefined while it runs. */
	readonly exitCode: number | undefined;
	/** Its name, ports, addresses and health in one text, to see that one of them changed. */
	readonly digest: string;
}

/** The part of Docker's API that the registrator needs: list, inspect, events and ping. */
export interface Docker {
	/** For messages. */
	readonly address: string;
	/** Error: `DOCKER_UNREACHABLE`, with what to do. */
	ping(): Promise<void>;
	/** Running containers (paused ones are), and with `ended` those that ended too. */
	list(options: { readonly ended: boolean }): Promise<readonly DockerListing[]>;
	/** Docker's whole answer; undefined when there is no such container (any more). */
	inspect(containerId: string): Promise<unknown>;
	/**
	 * Follows events until the stream ends or `signal` is aborted. `onOpen` is called once the stream is there, before any event.
	 * Resolves at the stream's end; error: `DOCKER_UNREACHABLE`.
	 */
	follow(options: {
		readonly signal: AbortSignal;
		readonly onOpen: () => void;
		readonly onEvent: (event: DockerEvent) => void;
	}): Promise<void>;
}
