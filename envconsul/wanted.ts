import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { readCache } from "./cache.ts";
import { childEnvironment } from "./child-environment.ts";
import type { Config } from "./config.ts";
import { environmentFrom, type Variables, versionOf } from "./environment.ts";
import type { Session } from "./session.ts";

/** What the child and the file should have now. */
export interface Wanted {
	/** Everything the child gets. */
	readonly child: Variables;
	/** Without the program's own environment: what files hold. */
	readonly given: Variables;
	/** What the sources gave; undefined when the agent has not answered and this is the cache's or only defaults. */
	readonly sources: Variables | undefined;
	/** Names the state of the sources (`versionOf`). */
	readonly version: string;
}

/** Asks for what is wanted; undefined until every source has answered, or one cannot and there is something to start with instead. */
export type WantedSource = (session: Session | undefined, config: Config) => Wanted | undefined;

/** `own` are the program's own variables. */
export function wantedFrom(own: Variables, logger: Logger): WantedSource {
	/** Read once for each configuration, when it is needed. */
	let cached: { readonly config: Config; readonly variables: Variables | undefined } | undefined;
	const fallback = (config: Config): Variables | undefined => {
		if (cached?.config !== config) cached = { config, variables: cachedVariables(config, logger) };
		return cached.variables ?? (config.defaults.size > 0 ? new Map() : undefined);
	};
	return (session, config) => {
		const answers = session?.answers();
		const sources = answers && environmentFrom(answers, config.names);
		const read = sources ?? (session?.troubled() === true ? fallback(config) : undefined);
		if (read === undefined) return undefined;
		const { pristine, filter } = config;
		// A file is read over the environment: what is to be kept may not stand in it either.
		const variables = config.keepExisting && !pristine ? without(read, own) : read;
		const withDefaults = (base: Variables) => childEnvironment({ own: base, variables, pristine: false, filter });
		return {
			child: withDefaults(pristine ? config.defaults : new Map([...config.defaults, ...own])),
			given: withDefaults(config.defaults),
			sources,
			version: answers === undefined ? "" : versionOf(answers),
		};
	};
}

function without(variables: Variables, names: Variables): Variables {
	return new Map([...variables].filter(([name]) => !names.has(name)));
}

function cachedVariables({ cachePath, sources }: Config, logger: Logger): Variables | undefined {
	if (cachePath === undefined) return undefined;
	try {
		const variables = readCache(
			cachePath,
			sources.map(({ id }) => id),
		);
		if (variables !== undefined)
			logger.warn("the agent does not answer: the cache's variables are used", { cachePath });
		return variables;
	} catch (error) {
		logger.warn(errorMessage(error));
		return undefined;
	}
}
