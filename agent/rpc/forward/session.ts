import { DiscoError } from "../../../lib/errors.ts";
import type { SessionRecord } from "../../state/index.ts";
import type { Endpoints, SessionEndpoints, SessionRequest } from "../endpoints.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import { session as sessionStruct, type WireSession } from "../wire/structs.ts";
import { ask, type Caller, command, metaOf, servedRead, writeOptionsOf } from "./caller.ts";

const nanosecondsPerMs = 1e6;
/** What a request without checks asks for; the agent says so, not the server. */
const nodeChecksDefault = ["serfHealth"];

export function sessionClient(caller: Caller): SessionEndpoints {
	return {
		create: (request, options) =>
			command(caller, methods.sessionApply, { Op: "create", Session: wireRequest(request) }, options),
		async destroy(id, options) {
			const Session = { ...sessionStruct.zero, ID: id };
			await command(caller, methods.sessionApply, { Op: "destroy", Session }, options);
		},
		async renew(id, { datacenter, token }) {
			const argument = {
				...methods.sessionRenew.argument.zero,
				...idFields(id),
				Datacenter: datacenter || caller.datacenter,
				Token: token,
			};
			const { Sessions } = await caller.call(methods.sessionRenew, argument, {
				isRead: true,
				waitMs: 0,
				isForLeader: true,
			});
			return firstOf({ Sessions });
		},
		get: (id, options) => ask(caller, methods.sessionGet, { fields: idFields(id), options, take: firstOf }),
		list: (options) => ask(caller, methods.sessionList, { fields: {}, options, take: allOf }),
		node: (name, options) => ask(caller, methods.sessionsOfNode, { fields: { Node: name }, options, take: allOf }),
		nodeChecksOf: (session) => session.nodeChecks,
	};
}

export function sessionServed({ session }: Endpoints): ServedMethod[] {
	if (session === undefined) return [];
	return [
		served(methods.sessionApply, async (argument) => {
			const { Op, Session } = argument;
			const options = writeOptionsOf(argument);
			if (Op === "create") return session.create(requestOf(Session), options);
			if (Op !== "destroy") throw new DiscoError("SESSION_INVALID", `Invalid session operation '${Op}'`);
			if (Session.ID === "") throw new DiscoError("SESSION_INVALID", "Must provide ID");
			await session.destroy(Session.ID, options);
			return "";
		}),
		served(methods.sessionRenew, async (argument) => {
			const renewed = await session.renew(idOf(argument), writeOptionsOf(argument));
			const meta = metaOf({ index: Math.max(1, renewed?.modifyIndex ?? 1), knownLeader: true, lastContactMs: 0 });
			return { ...meta, Sessions: renewed === undefined ? null : [wireSession(renewed)] };
		}),
		servedRead(
			methods.sessionGet,
			(argument, options) => session.get(idOf(argument), options),
			(found) => ({ Sessions: found === undefined ? null : [wireSession(found)] }),
		),
		servedRead(methods.sessionList, (_, options) => session.list(options), wireSessions),
		servedRead(methods.sessionsOfNode, ({ Node }, options) => session.node(Node, options), wireSessions),
	];
}

type Sessions = { readonly Sessions: readonly WireSession[] | null };

function firstOf({ Sessions }: Sessions): SessionRecord | undefined {
	const [first] = Sessions ?? [];
	return first === undefined ? undefined : sessionRecord(first);
}

function allOf({ Sessions }: Sessions): readonly SessionRecord[] {
	return (Sessions ?? []).map(sessionRecord);
}

function wireSessions(sessions: readonly SessionRecord[]): Sessions {
	return { Sessions: sessions.map(wireSession) };
}

/** `Session` is what servers before 1.7 look at. */
function idFields(id: string) {
	return { SessionID: id, Session: id };
}

function idOf({ SessionID, Session }: { readonly SessionID: string; readonly Session: string }): string {
	return SessionID || Session;
}

function wireSession(session: SessionRecord): WireSession {
	return {
		ID: session.id,
		Name: session.name,
		Node: session.node,
		LockDelay: Math.round(session.lockDelayMs * nanosecondsPerMs),
		Behavior: session.behavior,
		TTL: session.ttl,
		NodeChecks: session.nodeChecks,
		ServiceChecks: orNull(session.serviceChecks.map((id) => ({ ID: id, Namespace: "" }))),
		Checks: session.oldChecks ?? null,
		CreateIndex: session.createIndex,
		ModifyIndex: session.modifyIndex,
	};
}

function sessionRecord(session: WireSession): SessionRecord {
	return {
		id: session.ID,
		name: session.Name,
		node: session.Node,
		behavior: session.Behavior === "delete" ? "delete" : "release",
		lockDelayMs: session.LockDelay / nanosecondsPerMs,
		ttl: session.TTL,
		nodeChecks: session.NodeChecks ?? [],
		serviceChecks: (session.ServiceChecks ?? []).map(({ ID }) => ID),
		...(session.Checks === null ? {} : { oldChecks: session.Checks }),
		createIndex: session.CreateIndex,
		modifyIndex: session.ModifyIndex,
	};
}

function wireRequest(request: SessionRequest): WireSession {
	return {
		...sessionStruct.zero,
		Name: request.name,
		Node: request.node,
		LockDelay: Math.round(request.lockDelayMs * nanosecondsPerMs),
		Behavior: request.behavior,
		TTL: request.ttl,
		NodeChecks: request.nodeChecks ?? nodeChecksDefault,
		ServiceChecks: orNull(request.serviceChecks.map((id) => ({ ID: id, Namespace: "" }))),
		Checks: request.oldChecks ?? null,
	};
}

function requestOf(session: WireSession): SessionRequest {
	if (session.Node === "") throw new DiscoError("SESSION_INVALID", "Must provide Node");
	return {
		name: session.Name,
		node: session.Node,
		behavior: session.Behavior,
		lockDelayMs: session.LockDelay / nanosecondsPerMs,
		ttl: session.TTL,
		nodeChecks: session.NodeChecks ?? [],
		serviceChecks: (session.ServiceChecks ?? []).map(({ ID }) => ID),
		...(session.Checks === null || session.Checks.length === 0 ? {} : { oldChecks: session.Checks }),
	};
}

function orNull<Item>(list: readonly Item[]): readonly Item[] | null {
	return list.length === 0 ? null : list;
}
