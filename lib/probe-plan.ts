/**
 * What a probe needs of a check, between who keeps checks and who runs them: the local agent's `CheckPlan` has all of it. Times are
 * in milliseconds.
 */
export interface ProbePlan {
	readonly content: { readonly checkId: string; readonly status: string };
	readonly kind: string;
	readonly intervalMs: number;
	/** 0: the kind's own default. */
	readonly timeoutMs: number;
	readonly ttlMs: number;
	readonly http?: {
		readonly url: string;
		readonly method: string;
		readonly header: Readonly<Record<string, readonly string[]>>;
		readonly body: string;
		readonly disableRedirects: boolean;
		readonly tlsServerName: string;
		readonly tlsSkipVerify: boolean;
	};
	/** `host:port` for tcp, udp, h2ping, with `/service` for grpc; the name of an operating system's service. */
	readonly target?: string;
	/** Of gRPC and HTTP/2; plain text when absent. */
	readonly tls?: TlsPlan;
	readonly docker?: DockerPlan;
	readonly args?: readonly string[];
	readonly successBeforePassing: number;
	readonly failuresBeforeWarning: number;
	readonly failuresBeforeCritical: number;
	/** 0: 4096. */
	readonly outputSizeBytesMax: number;
}

export interface TlsPlan {
	/** Name that the certificate must have; the target's host when empty. */
	readonly serverName: string;
	readonly skipVerify: boolean;
}

/** Where a `docker` check looks: with `args` it runs them inside, without it asks for the container's own health. */
export interface DockerPlan {
	/** Id or name. */
	readonly containerId: string;
}
