import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Container } from "./container.ts";
import { type MappingOptions, type MappingResult, servicesFromContainer } from "./services-from-container.ts";

/** Gives the services of a container; `peer` is the one whose network it joined. */
export type ServiceSource = (container: Container, peer: Container | undefined) => Promise<MappingResult>;

/** Renders the value of `-tags` for one container. */
export interface ForcedTags {
	render(inspect: unknown): Promise<string>;
}

/**
 * The mapping with the tags of `-tags`. Where their template fails for a container, the reference ends (`TAGS_FAILED`, with
 * `compat`); by default the container is registered without them, with a warning.
 */
export function serviceSource(tags: ForcedTags, options: MappingOptions): ServiceSource {
	return async (container, peer) => {
		let forcedTags = "";
		const warnings: string[] = [];
		try {
			forcedTags = await tags.render(container.inspect);
		} catch (error) {
			const message = `container ${container.name}: -tags: ${errorMessage(error)}`;
			if (options.compat) throw new DiscoError("TAGS_FAILED", message, { cause: error });
			warnings.push(`${message}; registered without these tags`);
		}
		const mapped = servicesFromContainer(container, peer, forcedTags, options);
		return { services: mapped.services, warnings: [...warnings, ...mapped.warnings] };
	};
}
