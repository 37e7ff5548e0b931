import type { CheckStatus } from "../../lib/api/index.ts";
import type { ProbePlan } from "../../lib/probe-plan.ts";
import type { TlsFiles } from "../../lib/tls/index.ts";

export type { DockerPlan, ProbePlan, TlsPlan } from "../../lib/probe-plan.ts";

export interface Outcome {
	readonly status: CheckStatus;
	readonly output: string;
}

/**
 * Makes one attempt. Never rejects: what goes wrong is a critical outcome. Ends soon after `signal` is aborted (its outcome is
 * not looked at then).
 */
export type Probe = (plan: ProbePlan, signal: AbortSignal) => Promise<Outcome>;

/** As `Probe`, over TLS with the agent's own certificate and authority where they are given. */
export type TlsProbe = (plan: ProbePlan, signal: AbortSignal, own?: OwnTls) => Promise<Outcome>;

export type OwnTls = Pick<TlsFiles, "ca" | "cert" | "key">;

/** Longest time of an attempt for kinds that set none of their own. */
export const timeoutMsDefault = 10_000;

export const outputSizeBytesDefault = 4096;
