import type { Container } from "./container.ts";
import { type Metadata, metadataValue } from "./metadata.ts";

/** What a container's HEALTHCHECK says, as the result of a check. */
export interface ServiceHealth {
	readonly status: "passing" | "critical";
	/** Why: Docker's word and what the last probe printed. */
	readonly output: string;
}

/** A probe may print more; Docker itself keeps 4,096 bytes of it. */
const outputCharactersMax = 4096;

/**
 * The health of a service whose container has a HEALTHCHECK, undefined when it has none or `SERVICE_CHECK_DOCKER` is `off`.
 *
 * A container that is still `starting` does not pass: it is not ready for requests.
 */
export function serviceHealth(container: Container, metadata: Metadata): ServiceHealth | undefined {
	const { health } = container;
	const setting = metadataValue(metadata, "check_docker")?.toLowerCase() ?? "on";
	if (health === undefined || ["off", "false", "no", "0"].includes(setting)) return undefined;
	return {
		status: health.state === "healthy" ? "passing" : "critical",
		output: `${health.state}: ${health.output}`.trim().replace(/:$/, "").slice(0, outputCharactersMax),
	};
}
