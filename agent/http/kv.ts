import { DiscoError } from "../../lib/errors.ts";
import { encodeJson } from "../../lib/json/index.ts";
import { allowAll } from "../acl/index.ts";
import type { KvRecord, KvWrite } from "../rpc/index.ts";
import { indexHeaders } from "./answer-headers.ts";
import { badRequest } from "./failures.ts";
import { parseUint64 } from "./numbers.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { empty, json, jsonList, type Reply } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";
import { kvElement } from "./shapes.ts";

/** Largest value of a key in bytes, unless configured. */
export const kvValueBytesMaxDefault = 512 * 1024;

const key = (request: ApiRequest) => request.item;

/** `/v1/kv/KEY`. */
export function kvRoutes(valueBytesMax: number): readonly Route[] {
	return [
		{
			path: "/v1/kv/",
			bodyBytesMax: valueBytesMax,
			isQuick: true,
			methods: {
				GET: { permission: "filtered", handle: get },
				PUT: { permission: { resource: "key", access: "write", of: key }, handle: put },
				DELETE: { permission: { resource: "key", access: "write", of: key }, handle: remove },
			},
		},
	];
}

const encodeRecord = kvElement;
const keyOfRecord = (record: KvRecord) => record.key;
const encodeKey = (name: string) => encodeJson(name);

/** A value may be anything; a browser must not take it for a page (the reference sends the same two). */
const rawHeaders = { "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox" };

function get(request: ApiRequest, context: Context): Promise<Reply> {
	// `keys` wins over `recurse`, which wins over `raw`.
	if (request.query.has("keys")) return getKeys(request, context);
	if (request.query.has("recurse")) return getList(request, context);
	return getOne(request, context);
}

async function getOne(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const read = readOptions(request);
	if (request.item === "") throw badRequest("Missing key name");
	if (!request.authorizer.allows({ resource: "key", access: "read" }, request.item)) {
		throw new DiscoError(
			"PERMISSION_DENIED",
			`Permission denied: lacks permission 'key:read' on ${JSON.stringify(request.item)}`,
		);
	}
	const answer = await endpoints.kv.get(request.item, read);
	const headers = indexHeaders(answer);
	const record = answer.value;
	if (record === undefined) return empty(404, headers);
	if (request.query.has("raw")) {
		return {
			status: 200,
			headers: { ...headers, ...rawHeaders },
			body: { kind: "bytes", bytes: record.value, contentType: "text/plain" },
		};
	}
	// Not kept for others: for a single key, looking it up costs what encoding does, and memory.
	return jsonList([record], encodeRecord, { headers, keyOf: keyOfRecord });
}

async function getList(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const answer = await endpoints.kv.list(request.item, readOptions(request));
	const headers = indexHeaders(answer);
	const records = readable(request, answer.value, (record: KvRecord) => record.key);
	if (records.length === 0) return empty(404, headers);
	const shared = records === answer.value ? { shared: { source: answer.value, view: "kv" } } : {};
	return jsonList(records, encodeRecord, { headers, keyOf: keyOfRecord, ...shared });
}

async function getKeys(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const { query } = request;
	const separator = query.first("separator") || query.first("seperator") || "";
	const answer = await endpoints.kv.keys(request.item, separator, readOptions(request));
	const headers = indexHeaders(answer);
	const names = readable(request, answer.value, (name: string) => name);
	if (names.length === 0 && request.item !== "") return empty(404, headers);
	const shared = names === answer.value ? { shared: { source: answer.value, view: "keys" } } : {};
	return jsonList(names, encodeKey, { headers, keyOf: (name) => name, ...shared });
}

/** What the token may read; the same array when that is everything. */
function readable<Item>(request: ApiRequest, items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
	if (request.authorizer === allowAll) return items;
	const allowed = (item: Item) => request.authorizer.allows({ resource: "key", access: "read" }, keyOf(item));
	return items.every(allowed) ? items : items.filter(allowed);
}

async function put(request: ApiRequest, context: Context): Promise<Reply> {
	const { query } = request;
	// Parameters of reads do nothing here, but bad ones are refused (measured); so for DELETE.
	readOptions(request);
	refuseConflicts(request, ["acquire", "cas", "release"]);
	if (request.item === "") throw badRequest("Missing key name");
	const flags = query.has("flags") ? parseUint64(query.first("flags") ?? "", "flags") : 0n;
	const written = await context.endpoints.kv.write(putOperation(request, flags), writeOptions(request));
	return json(written);
}

function putOperation(request: ApiRequest, flags: bigint): KvWrite {
	const { query, item, body } = request;
	const content = { key: item, value: body, flags };
	if (query.has("cas"))
		return { operation: "cas", ...content, index: Number(parseUint64(query.first("cas") ?? "", "cas")) };
	if (query.has("acquire")) return { operation: "lock", ...content, session: holder(request, "acquire") };
	if (query.has("release")) return { operation: "unlock", ...content, session: holder(request, "release") };
	return { operation: "set", ...content };
}

function holder({ query }: ApiRequest, parameter: "acquire" | "release"): string {
	const session = query.first(parameter) ?? "";
	if (session === "") throw new DiscoError("SESSION_MISSING", "raft apply failed: missing session");
	return session;
}

async function remove(request: ApiRequest, { endpoints }: Context): Promise<Reply> {
	const { query, item } = request;
	readOptions(request);
	refuseConflicts(request, ["cas", "recurse"]);
	if (item === "" && !query.has("recurse")) throw badRequest("Missing key name");
	return json(await endpoints.kv.write(removeOperation(request), writeOptions(request)));
}

function removeOperation({ query, item }: ApiRequest): KvWrite {
	if (query.has("recurse")) return { operation: "delete-tree", prefix: item };
	if (query.has("cas")) {
		return { operation: "delete-cas", key: item, index: Number(parseUint64(query.first("cas") ?? "", "cas")) };
	}
	return { operation: "delete", key: item };
}

/** Of these parameters only one may be given. */
function refuseConflicts({ query }: ApiRequest, names: readonly string[]): void {
	const given = names.filter((name) => query.has(name));
	if (given.length < 2) return;
	const shown = given.map((name) => `${name}=${query.first(name) ?? ""}`).join("&");
	throw badRequest(`Conflicting flags: ${shown}; give only one of ${names.join(", ")}`);
}
