import type { CatalogServiceEntry } from "../lib/api/index.ts";
import { type Instance, serviceLinks } from "./service-links.ts";
import type { KeySource, LinksSource, PrefixSource, ServiceSource, Source } from "./source.ts";
import { fillTemplate } from "./template-text.ts";

/** A variable's value: text, or bytes where they are no UTF-8. */
export type Value = string | Uint8Array;

/** Variables by name, in the order in which they were set first. */
export type Variables = ReadonlyMap<string, Value>;

/** A key of a prefix with the bytes it has. */
export interface Pair {
	readonly key: string;
	readonly value: Uint8Array;
	readonly modifyIndex: number;
}

/** What a source has answered last. */
export type SourceAnswer =
	| { readonly kind: "prefix"; readonly source: PrefixSource; readonly pairs: readonly Pair[] }
	| { readonly kind: "service"; readonly source: ServiceSource; readonly instances: readonly CatalogServiceEntry[] }
	| { readonly kind: "key"; readonly source: KeySource; readonly pair: Pair | undefined }
	| { readonly kind: "links"; readonly source: LinksSource; readonly instance: Instance };

export interface NameOptions {
	/** Replaces each character outside `[A-Za-z0-9_]` by `_`. */
	readonly sanitize: boolean;
	readonly upcase: boolean;
	/** Stands in names for the slashes between a key's parts; they stay unless given. */
	readonly separator?: string | undefined;
	/** Keys that end in a slash mark folders, as user interfaces make them: they are variables only for the reference. */
	readonly folders?: boolean;
}

/**
 * The variables that the sources' answers make: sources in order, keys in the agent's order, so that what comes later wins. Pure.
 *
 * Error: `TEMPLATE_INVALID` for a format that cannot be filled in.
 */
export function environmentFrom(answers: readonly SourceAnswer[], options: NameOptions): Variables {
	const variables = new Map<string, Value>();
	for (const answer of answers) {
		if (answer.kind === "prefix") {
			for (const pair of answer.pairs) {
				const name = prefixName(answer.source, pair.key, options);
				if (name !== undefined) variables.set(name, textOrBytes(pair.value));
			}
		} else if (answer.kind === "service") {
			for (const instance of answer.instances) {
				for (const [field, value] of serviceFields(instance)) {
					variables.set(serviceName(answer.source, instance, field, options), value);
				}
			}
		} else if (answer.kind === "links") {
			for (const [name, value] of serviceLinks(answer.source.name, answer.instance)) variables.set(name, value);
		} else if (answer.pair !== undefined) {
			variables.set(answer.source.name, textOrBytes(answer.pair.value));
		}
	}
	return variables;
}

/**
 * Names what the sources said without telling any value: the same for everybody who follows the same sources and has heard the same,
 * another one after any change. Pure.
 */
export function versionOf(answers: readonly SourceAnswer[]): string {
	return answers.map((answer) => [answer.source.id, ...partsOf(answer)].join("\n")).join("\n\n");
}

function partsOf(answer: SourceAnswer): readonly string[] {
	switch (answer.kind) {
		case "prefix":
			return answer.pairs.map(({ key, modifyIndex }) => `${key} ${modifyIndex}`);
		case "service":
			return answer.instances.map(({ ServiceID, ModifyIndex }) => `${ServiceID} ${ModifyIndex}`);
		case "key":
			return [`${answer.source.key} ${answer.pair?.modifyIndex ?? 0}`];
		case "links":
			return [`${answer.instance.host} ${answer.instance.port}`];
	}
}

/** Order: path, format, separator, sanitize, upcase (as recorded, but for the separator, which is ours). Undefined for the folder key and other blank names. */
function prefixName(source: PrefixSource, key: string, options: NameOptions): string | undefined {
	const bare = (key.startsWith(source.prefix) ? key.slice(source.prefix.length) : key).replace(/^\/+/, "");
	if (bare.trim() === "" || (bare.endsWith("/") && options.folders !== true)) return undefined;
	let name = source.namePrefix + bare;
	if (source.format !== undefined) {
		name = fillTemplate(source.format, {
			key: name,
			replaceKey: (from = "", to = "", piped = "") => (piped === from ? to : piped),
		});
	}
	name = separated(name, options);
	if (options.sanitize) name = sanitized(name);
	return options.upcase ? upcased(name) : name;
}

type ServiceField = keyof ServiceSource["formats"];

function serviceFields(instance: CatalogServiceEntry): readonly (readonly [ServiceField, string])[] {
	return [
		["id", instance.ServiceID],
		["name", instance.ServiceName],
		["address", instance.ServiceAddress],
		["tag", (instance.ServiceTags ?? []).join(",")],
		["port", String(instance.ServicePort)],
	];
}

/** For services upcase comes before sanitize (as recorded). */
function serviceName(
	source: ServiceSource,
	instance: CatalogServiceEntry,
	field: ServiceField,
	options: NameOptions,
): string {
	const service = instance.ServiceName;
	const format = source.formats[field];
	const filled = format === undefined ? `${service}/${field}` : fillTemplate(format, { service, key: field });
	const name = separated(filled, options);
	const cased = options.upcase ? upcased(name) : name;
	return options.sanitize ? sanitized(cased) : cased;
}

function separated(name: string, { separator }: NameOptions): string {
	return separator === undefined ? name : name.replaceAll("/", separator);
}

function sanitized(name: string): string {
	return name.replace(/[^A-Za-z0-9_]/gu, "_");
}

/** Character by character, as Go does: one that would become two (ß) stays. */
function upcased(name: string): string {
	return Array.from(name, (character) => {
		const upper = character.toUpperCase();
		return Array.from(upper).length === 1 ? upper : character;
	}).join("");
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text when the bytes are UTF-8, else the bytes. */
export function textOrBytes(bytes: Uint8Array): Value {
	try {
		return strictUtf8.decode(bytes);
	} catch {
		return bytes;
	}
}

/** Whether two sets of variables are the same, whatever their order. */
export function sameVariables(a: Variables, b: Variables): boolean {
	if (a.size !== b.size) return false;
	for (const [name, value] of a) {
		const other = b.get(name);
		if (other === undefined || !sameValue(value, other)) return false;
	}
	return true;
}

function sameValue(a: Value, b: Value): boolean {
	if (typeof a === "string" || typeof b === "string") return a === b;
	return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Every source that has not answered yet is missing from the result. */
export function answeredSources(
	sources: readonly Source[],
	answers: ReadonlyMap<string, SourceAnswer>,
): readonly SourceAnswer[] {
	return sources.flatMap((source) => answers.get(source.id) ?? []);
}
