import type Docker from "dockerode";
import { formatDuration } from "../../lib/duration.ts";
import { errorMessage } from "../../lib/errors.ts";
import { createLimit } from "../../lib/limit.ts";
import { createExecOutput } from "./docker-output.ts";
import { type Outcome, outputSizeBytesDefault, type Probe, type ProbePlan, timeoutMsDefault } from "./plan.ts";
import { capturedText, createTailBuffer } from "./tail-buffer.ts";

/**
 * With `args`: runs them in the container; exit 0 passing, 1 warning, anything else critical; the output is what they wrote to
 * standard output. Without: the container's own HEALTHCHECK; healthy passing, starting warning, anything else critical.
 *
 * The engine is the one that `DOCKER_HOST` names, else the local one.
 */
export const dockerCheck: Probe = async (plan, signal) => {
	const containerId = plan.docker?.containerId ?? "";
	const timeoutMs = plan.timeoutMs || timeoutMsDefault;
	const { signal: limit, end } = createLimit(signal, timeoutMs);
	try {
		const engine = await connectEngine();
		const container = engine.getContainer(containerId);
		return plan.args === undefined
			? await ownHealth(container, limit)
			: await execOutcome(plan, plan.args, engine, container, limit);
	} catch (error) {
		if (limit.aborted) return critical(`Timed out (${formatDuration(timeoutMs)}) running check`);
		const { statusCode } = error as { readonly statusCode?: number };
		if (statusCode === 404) return critical(`create exec failed for unknown container ${containerId}`);
		return critical(`Docker cannot be asked about container ${containerId}: ${errorMessage(error)}`);
	} finally {
		end();
	}
};

/** Made for each attempt: it holds no connection. Large, so only loaded by agents that have such a check. */
async function connectEngine(): Promise<Docker> {
	const { default: Dockerode } = await import("dockerode");
	return new Dockerode();
}

async function execOutcome(
	plan: ProbePlan,
	args: readonly string[],
	engine: Docker,
	container: Docker.Container,
	limit: AbortSignal,
): Promise<Outcome> {
	const exec = await container.exec({
		Cmd: [...args],
		AttachStdout: true,
		AttachStderr: true,
		abortSignal: limit,
	});
	// Taken over instead of a plain answer: the engine ends the stream when the command has ended.
	const stream = await exec.start({ hijack: true, stdin: false, abortSignal: limit });
	const kept = createTailBuffer(plan.outputSizeBytesMax || outputSizeBytesDefault);
	const output = createExecOutput((chunk) => kept.write(chunk));
	const stop = () => stream.destroy();
	limit.addEventListener("abort", stop, { once: true });
	try {
		for await (const chunk of stream) output.write(chunk as Buffer);
	} finally {
		limit.removeEventListener("abort", stop);
		stream.destroy();
	}
	limit.throwIfAborted();
	const { ExitCode: exitCode } = await engine.getExec(exec.id).inspect({ abortSignal: limit });
	return {
		status: exitCode === 0 ? "passing" : exitCode === 1 ? "warning" : "critical",
		output: capturedText(kept),
	};
}

/** Docker's health as its last probe left it. */
async function ownHealth(container: Docker.Container, limit: AbortSignal): Promise<Outcome> {
	const { State: state } = await container.inspect({ abortSignal: limit });
	if (!state.Running) return critical(`the container is not running: ${state.Status}`);
	const health = state.Health;
	if (health === undefined || health.Status === "none") {
		return critical("the container has no HEALTHCHECK; give Args to run a command in it");
	}
	const last = health.Log?.at(-1)?.Output.trim() ?? "";
	const output = `${health.Status}: ${last}`.replace(/: $/, "").slice(0, outputSizeBytesDefault);
	return {
		status: health.Status === "healthy" ? "passing" : health.Status === "starting" ? "warning" : "critical",
		output,
	};
}

function critical(output: string): Outcome {
	return { status: "critical", output };
}
