import {
	anything,
	type Decoded,
	type Decoder,
	durationMs,
	listOf,
	objectOf,
	schemaOf,
	text,
	withSchema,
} from "../../lib/json/index.ts";
import type { Answer, SessionEndpoints, SessionRecord, SessionRequest } from "../rpc/index.ts";
import { indexHeaders } from "./answer-headers.ts";
import { authorize } from "./authorize.ts";
import { decodeBody } from "./decode-body.ts";
import { badRequest } from "./failures.ts";
import { family } from "./families.ts";
import { readOptions, writeOptions } from "./read-options.ts";
import { json, jsonList, plainText, type Reply } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Operation, type Route } from "./route.ts";
import { elementOf } from "./shapes.ts";
import { visible } from "./visible.ts";

const lockDelayMsDefault = 15_000;
/** A number below this counts seconds, above it nanoseconds (recorded behaviour). */
const lockDelaySecondsBelow = 1_000;

const lockDelay: Decoder<number> = withSchema(schemaOf(durationMs), (value, field) =>
	typeof value === "number" && value < lockDelaySecondsBelow ? value * 1000 : durationMs(value, field),
);

const sessionShape = {
	Name: text,
	Node: text,
	LockDelay: lockDelay,
	Behavior: text,
	TTL: text,
	Checks: listOf(text),
	NodeChecks: listOf(text),
	ServiceChecks: listOf(objectOf({ ID: text, Namespace: anything }, { ignoreUnknown: true })),
} as const;
const sessionBody = objectOf(sessionShape, { ignoreUnknown: true });

/** `/v1/session/...` */
export const sessionRoutes: readonly Route[] = [
	{ path: "/v1/session/create", methods: { PUT: { permission: "filtered", handle: create, body: sessionBody } } },
	{ path: "/v1/session/destroy/", methods: { PUT: filtered(destroy) } },
	{ path: "/v1/session/renew/", methods: { PUT: filtered(renew) } },
	{ path: "/v1/session/info/", methods: { GET: filtered(info) } },
	{ path: "/v1/session/node/", methods: { GET: filtered(ofNode) } },
	{ path: "/v1/session/list", methods: { GET: filtered(list) } },
];

function filtered(handle: Operation["handle"]): Operation {
	return { permission: "filtered", handle };
}

function sessionsOf({ endpoints }: Context): SessionEndpoints {
	return family(endpoints, "session");
}

async function create(request: ApiRequest, context: Context): Promise<Reply> {
	const asked = sessionRequest(bodyText(request), context.config.nodeName);
	authorize(request, { resource: "session", access: "write" }, asked.node);
	return json({ ID: await sessionsOf(context).create(asked, writeOptions(request)) });
}

/** An empty body asks for a session with every default. */
function sessionRequest(body: string, ownNode: string): SessionRequest {
	const fields = body.trim() === "" ? {} : decodeBody(body, sessionBody);
	return {
		...boundChecks(fields),
		name: fields.Name ?? "",
		node: fields.Node || ownNode,
		behavior: fields.Behavior ?? "",
		lockDelayMs: fields.LockDelay ?? lockDelayMsDefault,
		ttl: fields.TTL ?? "",
		serviceChecks: (fields.ServiceChecks ?? []).map(({ ID: id }) => id ?? ""),
	};
}

/**
 * `Checks` is what `NodeChecks` was called before 1.7. Both count, each is `serfHealth` unless given, and one that is given empty
 * empties the other (measured).
 */
function boundChecks({ Checks: old, NodeChecks: now }: Decoded<typeof sessionShape>): Partial<SessionRequest> {
	if (old === undefined) return now === undefined ? {} : { nodeChecks: now };
	if (old.length === 0 || now?.length === 0) return { nodeChecks: [] };
	return { ...(now === undefined ? {} : { nodeChecks: now }), ...(isDefault(old) ? {} : { oldChecks: old }) };
}

function isDefault([first, second]: readonly string[]): boolean {
	return first === "serfHealth" && second === undefined;
}

async function destroy(request: ApiRequest, context: Context): Promise<Reply> {
	const id = requiredItem(request, "Missing session");
	const sessions = sessionsOf(context);
	await authorizeSession(request, sessions, id);
	await sessions.destroy(id, writeOptions(request));
	return json(true);
}

async function renew(request: ApiRequest, context: Context): Promise<Reply> {
	const id = requiredItem(request, "Missing session");
	const sessions = sessionsOf(context);
	await authorizeSession(request, sessions, id);
	const session = await sessions.renew(id, writeOptions(request));
	if (session === undefined) return plainText(404, `Session id '${id}' not found`);
	return json([sessionJson(session)]);
}

/** The token must be allowed to write sessions of the node that this one belongs to. */
async function authorizeSession(request: ApiRequest, sessions: SessionEndpoints, id: string): Promise<void> {
	const { value } = await sessions.get(id, readOptions(request));
	if (value !== undefined) authorize(request, { resource: "session", access: "write" }, value.node);
}

async function info(request: ApiRequest, context: Context): Promise<Reply> {
	const read = readOptions(request);
	const id = requiredItem(request, "Missing session");
	const answer = await sessionsOf(context).get(id, read);
	return listReply(request, answer, answer.value === undefined ? [] : [answer.value]);
}

async function ofNode(request: ApiRequest, context: Context): Promise<Reply> {
	const read = readOptions(request);
	const node = requiredItem(request, "Missing node name");
	const answer = await sessionsOf(context).node(node, read);
	return listReply(request, answer, answer.value);
}

async function list(request: ApiRequest, context: Context): Promise<Reply> {
	const answer = await sessionsOf(context).list(readOptions(request));
	return listReply(request, answer, answer.value);
}

const encodeSession = elementOf(sessionJson);

function listReply(request: ApiRequest, answer: Answer<unknown>, sessions: readonly SessionRecord[]): Reply {
	const readable = visible(request, sessions, ({ node }) =>
		request.authorizer.allows({ resource: "session", access: "read" }, node),
	);
	return jsonList(readable, encodeSession, { headers: indexHeaders(answer), keyOf: ({ id }) => id });
}

function requiredItem({ item }: ApiRequest, missing: string): string {
	if (item === "") throw badRequest(missing);
	return item;
}

function sessionJson(session: SessionRecord) {
	return {
		ID: session.id,
		Name: session.name,
		Node: session.node,
		// Nanoseconds.
		LockDelay: Math.round(session.lockDelayMs * 1e6),
		Behavior: session.behavior,
		TTL: session.ttl,
		NodeChecks: session.nodeChecks,
		ServiceChecks:
			session.serviceChecks.length === 0 ? null : session.serviceChecks.map((id) => ({ ID: id, Namespace: "" })),
		...(session.oldChecks === undefined ? {} : { Checks: session.oldChecks }),
		CreateIndex: session.createIndex,
		ModifyIndex: session.modifyIndex,
	};
}
