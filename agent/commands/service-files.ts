import type { AgentServiceRegistration } from "../../lib/api/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { readFragments, serviceRegistration } from "../config/index.ts";

/** A service of a file, with the token that it names. */
export interface FileService {
	readonly registration: AgentServiceRegistration;
	readonly token: string;
}

/**
 * The services in files and folders (`service` and `services`, HCL or JSON). Errors: those of the configuration's reader, and
 * `SERVICE_INVALID` for one without a name.
 */
export function servicesFromFiles(paths: readonly string[], warn: (text: string) => void): readonly FileService[] {
	return paths.flatMap((path) =>
		readFragments(path, undefined, warn)
			.flatMap((fragment) => [...(fragment.service ?? []), ...(fragment.services ?? [])])
			.map((definition) => {
				const { registration, token } = serviceRegistration(definition);
				const name = registration["Name"];
				if (typeof name !== "string" || name === "") {
					throw new DiscoError("SERVICE_INVALID", `${path}: a service has no name; set name`);
				}
				return { registration: { ...registration, Name: name }, token };
			}),
	);
}
