import { DiscoError } from "../lib/errors.ts";
import {
	anyType,
	type GoValue,
	goMap,
	goSlice,
	goStruct,
	parse,
	stringType,
	structType,
} from "../template/gotmpl/index.ts";
import type { ForcedTags } from "./service-source.ts";
import { tagFunctions } from "./tags-functions.ts";

/** A template that asks for more documents than this has gone wrong. */
const documentsMax = 8;

/**
 * Reads the value of `-tags` as a template. `get` fetches what `httpGet` asks for.
 *
 * Errors: `TEMPLATE_PARSE`; rendering fails with `TEMPLATE_EXECUTE` or with what `get` failed with.
 */
export function tagsTemplate(text: string, get: (url: string) => Promise<Uint8Array>): ForcedTags {
	const nothing = tagFunctions(() => new Uint8Array());
	const template = parse({ name: "tags", text, functions: nothing });
	return {
		async render(inspect) {
			const data = dataOf(inspect);
			const documents = new Map<string, Uint8Array>();
			for (;;) {
				// A template cannot wait: it is executed until a document is missing, and again when that is there.
				let missing: string | undefined;
				const functions = tagFunctions((url) => {
					const document = documents.get(url);
					if (document !== undefined) return document;
					missing = url;
					throw new DiscoError("TAGS_DOCUMENT_MISSING", `${url} has not been fetched`);
				});
				try {
					return template.execute({ data, functions });
				} catch (error) {
					if (missing === undefined) throw error;
					if (documents.size >= documentsMax) {
						throw new DiscoError("TAGS_DOCUMENTS_MAX", `-tags: httpGet is called for more than ${documentsMax} URLs`);
					}
					documents.set(missing, await get(missing));
				}
			}
		},
	};
}

/** Fields of Docker's answer that are maps there (a missing key is no error), not structs (a missing field is one). */
const maps = new Set([
	"Annotations",
	"Data",
	"DriverOpts",
	"ExposedPorts",
	"Labels",
	"Networks",
	"Options",
	"PortBindings",
	"Ports",
	"StorageOpt",
	"Sysctls",
	"Tmpfs",
	"Volumes",
]);

function dataOf(inspect: unknown): GoValue {
	const container = typeof inspect === "object" && inspect !== null ? inspect : {};
	// The reference's field is ID; Docker's own name works too.
	return goData("Id" in container ? { ...container, ID: container.Id } : container, "");
}

function goData(value: unknown, name: string): GoValue {
	if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
	if (Array.isArray(value)) {
		const strings = value.every((element) => typeof element === "string");
		return strings ? goSlice(stringType, value) : value.map((element) => goData(element, ""));
	}
	const entries = Object.entries(value ?? {});
	if (maps.has(name)) {
		const strings = entries.every(([, element]) => typeof element === "string");
		return goMap(stringType, strings ? stringType : anyType, new Map(entries.map(([key, e]) => [key, goData(e, "")])));
	}
	if (value === null || value === undefined) return null;
	const type = structType("", Object.fromEntries(entries.map(([key]) => [key, anyType])));
	return goStruct(type, Object.fromEntries(entries.map(([key, element]) => [key, goData(element, key)])));
}
