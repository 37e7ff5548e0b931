import type { StringMap } from "../rpc/index.ts";
import { badRequest } from "./failures.ts";
import type { ApiRequest } from "./route.ts";

/** `node-meta=key:value`, all of which a node must have; without a colon the value is empty. */
export function nodeMetaOf(request: ApiRequest): { readonly nodeMeta?: StringMap } {
	const pairs = request.query.all("node-meta");
	if (pairs.length === 0) return {};
	const nodeMeta = Object.fromEntries(
		pairs.map((pair) => {
			const colon = pair.indexOf(":");
			return colon < 0 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
		}),
	);
	return { nodeMeta };
}

/** Go's `strconv.ParseBool`; undefined for anything else. */
export function parseBoolean(text: string): boolean | undefined {
	if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
	if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
	return undefined;
}

/** `enable` of the maintenance endpoints, which must be given. */
export function enableOf(request: ApiRequest): boolean {
	const text = request.query.first("enable");
	if (text === undefined || text === "")
		throw badRequest("Missing value for enable; give ?enable=true or ?enable=false");
	const enable = parseBoolean(text);
	if (enable === undefined) throw badRequest(`Invalid value for enable: ${JSON.stringify(text)}; it is true or false`);
	return enable;
}

/** `passing` alone is true; a value is a boolean. */
export function passingOf({ query }: ApiRequest): boolean {
	const text = query.first("passing");
	if (text === undefined) return false;
	if (text === "") return true;
	const passing = parseBoolean(text);
	if (passing === undefined) throw badRequest("Invalid value for ?passing");
	return passing;
}
