import { DiscoError } from "../lib/errors.ts";
import { fillTemplate } from "./template-text.ts";

/** A KV tree whose keys become variables. */
export interface PrefixSource {
	readonly kind: "prefix";
	/** Tells sources apart; two with the same are one. */
	readonly id: string;
	/** What the keys start with: empty, or (unless compatible) a path that ends in a slash. */
	readonly prefix: string;
	readonly datacenter?: string;
	/** Put before each name: empty, or the path with `_`. */
	readonly namePrefix: string;
	/** A template of the name, with `key`. */
	readonly format?: string;
	/** When it may not be read (no permission, no such data center) it counts as empty. */
	readonly optional?: boolean;
}

/** One key that becomes one variable. */
export interface KeySource {
	readonly kind: "key";
	readonly id: string;
	readonly key: string;
	readonly datacenter?: string;
	/** The variable's name, taken as it is. */
	readonly name: string;
}

/** A service of which one healthy instance becomes the variables that Kubernetes gives its containers. */
export interface LinksSource {
	readonly kind: "links";
	readonly id: string;
	readonly name: string;
	readonly tag?: string;
	readonly datacenter?: string;
}

/** A service whose instances become variables. */
export interface ServiceSource {
	readonly kind: "service";
	readonly id: string;
	readonly name: string;
	readonly tag?: string;
	readonly datacenter?: string;
	readonly near?: string;
	/** Templates of the names, with `service` and `key`. */
	readonly formats: {
		readonly id?: string;
		readonly name?: string;
		readonly address?: string;
		readonly tag?: string;
		readonly port?: string;
	};
}

export type Source = PrefixSource | ServiceSource | KeySource | LinksSource;

/**
 * Reads `PATH[@DATACENTER]`, in which `{{ env "NAME" }}` is replaced. A path is a path: `app` means what is below `app/`, and
 * not `app2`. With `stringPrefix` (the reference's behaviour) it is whatever the keys start with.
 *
 * Errors: `PREFIX_INVALID`, `PREFIX_VARIABLE_MISSING`, `TEMPLATE_INVALID`.
 */
export function parsePrefix(
	text: string,
	options: {
		readonly env: Readonly<Record<string, string | undefined>>;
		readonly stringPrefix: boolean;
		/** Put the path before the names. */
		readonly withPath: boolean;
		readonly format?: string;
		readonly optional?: boolean;
	},
): PrefixSource {
	const expanded = fillTemplate(text, {
		env: (name = "") => {
			const value = options.env[name];
			if (value === undefined || value === "") {
				throw new DiscoError("PREFIX_VARIABLE_MISSING", `prefix "${text}": the environment has no ${name}`);
			}
			return value;
		},
	});
	const match = /^\/?([^@]*)(?:@([\w.-]+))?$/.exec(expanded);
	if (match === null) {
		throw new DiscoError("PREFIX_INVALID", `prefix "${text}" is not a path or PATH@DATACENTER`);
	}
	const given = match[1] ?? "";
	const prefix = options.stringPrefix || given === "" || given.endsWith("/") ? given : `${given}/`;
	const path = options.stringPrefix ? given : prefix.replace(/\/+$/, "");
	return {
		kind: "prefix",
		id: `prefix ${prefix}@${match[2] ?? ""}`,
		prefix,
		namePrefix: options.withPath ? `${path.replace(/[^A-Za-z0-9_]/gu, "_")}_` : "",
		...(match[2] === undefined ? {} : { datacenter: match[2] }),
		...(options.format === undefined ? {} : { format: options.format }),
		...(options.optional === true ? { optional: true } : {}),
	};
}

/** Reads `NAME=KEY[@DATACENTER]`. Error: `CONFIG_MAP_INVALID`. */
export function parseMapping(text: string): KeySource {
	const match = /^([^=\0\s]+)=\/?([^@]+)(?:@([\w.-]+))?$/.exec(text);
	if (match === null) {
		throw new DiscoError("CONFIG_MAP_INVALID", `map "${text}" is not NAME=KEY, such as DB_URL=service/api/db/url`);
	}
	const [, name = "", key = "", datacenter] = match;
	return { kind: "key", id: `map ${name}`, name, key, ...(datacenter === undefined ? {} : { datacenter }) };
}

/** Reads `[TAG.]NAME[@DATACENTER]`. Error: `SERVICE_QUERY_INVALID`. */
export function parseServiceLinks(text: string): LinksSource {
	const { name, tag, datacenter, near } = parseServiceQuery(text, {});
	if (near !== undefined) {
		throw new DiscoError("SERVICE_QUERY_INVALID", `service "${text}": ~${near} is for -service-query only`);
	}
	return {
		kind: "links",
		id: `links ${text}`,
		name,
		...(tag === undefined ? {} : { tag }),
		...(datacenter === undefined ? {} : { datacenter }),
	};
}

/** Reads `[TAG.]NAME[@DATACENTER][~NEAR]`. Error: `SERVICE_QUERY_INVALID`. */
export function parseServiceQuery(text: string, formats: ServiceSource["formats"]): ServiceSource {
	const match = /^(?:([\w=:.-]+)\.)?([\w-]+)(?:@([\w.-]+))?(?:~([\w.-]+))?$/.exec(text);
	if (match === null) {
		throw new DiscoError("SERVICE_QUERY_INVALID", `service query "${text}" is not [TAG.]NAME[@DATACENTER]`);
	}
	const [, tag, name = "", datacenter, near] = match;
	return {
		kind: "service",
		id: `service ${text}`,
		name,
		formats,
		...(tag === undefined ? {} : { tag }),
		...(datacenter === undefined ? {} : { datacenter }),
		...(near === undefined ? {} : { near }),
	};
}
