import { DiscoError } from "../../lib/errors.ts";

/** What is watched; every kind of question that the API can block on. */
export type WatchDefinition =
	| { readonly type: "key"; readonly key: string }
	| { readonly type: "keyprefix"; readonly prefix: string }
	| { readonly type: "services" }
	| { readonly type: "nodes" }
	| {
			readonly type: "service";
			readonly service: string;
			readonly tags: readonly string[];
			readonly passingOnly: boolean;
	  }
	| { readonly type: "checks"; readonly service?: string; readonly state: string }
	| { readonly type: "event"; readonly name: string };

/** The parameters as they are given on the command line or in a configuration, before they are known to fit together. */
export interface WatchParameters {
	readonly type?: string | undefined;
	readonly key?: string | undefined;
	readonly prefix?: string | undefined;
	readonly service?: string | undefined;
	readonly tags?: readonly string[] | undefined;
	readonly passingOnly?: boolean | undefined;
	readonly state?: string | undefined;
	readonly name?: string | undefined;
}

const types = "key, keyprefix, services, nodes, service, checks or event";
const states = ["any", "passing", "warning", "critical", "maintenance"];

/** Fails with `WATCH_INVALID` when a parameter is missing or does not go with the others. */
export function parseWatch(given: WatchParameters): WatchDefinition {
	switch (given.type) {
		case "key":
			return { type: "key", key: required(given.key, "key", "key") };
		case "keyprefix":
			return { type: "keyprefix", prefix: required(given.prefix, "prefix", "keyprefix") };
		case "services":
		case "nodes":
			return { type: given.type };
		case "service":
			return {
				type: "service",
				service: required(given.service, "service", "service"),
				tags: given.tags ?? [],
				passingOnly: given.passingOnly ?? false,
			};
		case "checks":
			return checks(given);
		case "event":
			return { type: "event", name: given.name ?? "" };
		case undefined:
		case "":
			throw invalid(`a watch needs a type: ${types}`);
		default:
			throw invalid(`watch type "${given.type}" is not ${types}`);
	}
}

function checks({ service, state }: WatchParameters): WatchDefinition {
	if (service !== undefined && service !== "") {
		if (state !== undefined && state !== "") throw invalid("a watch of checks takes a service or a state, not both");
		return { type: "checks", service, state: "any" };
	}
	const wanted = state === undefined || state === "" ? "any" : state;
	if (!states.includes(wanted)) throw invalid(`state "${wanted}" of a watch is not one of ${states.join(", ")}`);
	return { type: "checks", state: wanted };
}

function required(value: string | undefined, parameter: string, type: string): string {
	if (value === undefined || value === "") throw invalid(`a watch of type ${type} needs a ${parameter}`);
	return value;
}

function invalid(text: string): DiscoError {
	return new DiscoError("WATCH_INVALID", text);
}
