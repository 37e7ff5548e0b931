import { tryParseDurationMs } from "../../lib/duration.ts";
import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import { uuid } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { SessionContent, SessionRecord, StateStore } from "../state/index.ts";
import type { SessionEndpoints, SessionRequest } from "./endpoints.ts";
import type { LockDelays } from "./lock-delays.ts";
import type { Server } from "./server.ts";

/** The check that gossip keeps for each member; every session is bound to its node's unless it asks for none. */
const serfHealth = "serfHealth";
const ttlMsMin = 10_000;
const ttlMsMax = 24 * 3600_000;
/** A session lives at least its TTL and at most this many times it, which forgives a late renewal. */
const ttlGrace = 2;
/** Pause before an expired session's end is proposed again after an error. */
const retryMs = 1_000;

/** With the checks it is bound to, which travel with the record. */
type StoredSession = SessionContent & { readonly nodeChecks?: readonly string[] };

/** `/v1/session/...` from this server's state; TTLs run here. */
export function sessionEndpoints(
	server: Server,
	parts: { readonly clock: Clock; readonly random: Random; readonly lockDelays: LockDelays },
): SessionEndpoints {
	const { store } = server;
	const { clock, random, lockDelays } = parts;
	const timers = new Map<string, Timer>();
	const own = { datacenter: "", token: "" };

	/** Begins the TTL again. */
	function renew(session: SessionRecord): void {
		timers.get(session.id)?.cancel();
		timers.delete(session.id);
		const ttlMs = tryParseDurationMs(session.ttl) ?? 0;
		if (ttlMs > 0)
			timers.set(
				session.id,
				clock.after(ttlMs * ttlGrace, () => expire(session)),
			);
	}

	function expire(session: SessionRecord): void {
		end(session.id, own).catch(() =>
			timers.set(
				session.id,
				clock.after(retryMs, () => expire(session)),
			),
		);
	}

	async function end(id: string, options: { readonly datacenter: string; readonly token: string }): Promise<void> {
		const session = store.session(id).value;
		await server.write(options, { kind: "session-destroy", id });
		timers.get(id)?.cancel();
		timers.delete(id);
		if (session !== undefined) lockDelays.ended(session);
	}

	// Sessions of an earlier run of this server live on, their TTLs begin anew.
	for (const session of store.sessions().value) renew(session);

	return {
		async create(request, options) {
			const session = sessionContent(request, uuid(random), store);
			await server.write(options, { kind: "session-create", session });
			const created = store.session(session.id).value;
			if (created !== undefined) renew(created);
			return session.id;
		},
		destroy: end,
		async renew(id) {
			const session = store.session(id).value;
			if (session !== undefined) renew(session);
			return session;
		},
		get: (id, options) => server.read(options, (watchSet) => store.session(id, watchSet)),
		list: (options) => server.read(options, (watchSet) => store.sessions(watchSet)),
		node: (name, options) =>
			server.read(options, (watchSet) => {
				const { index, value } = store.sessions(watchSet);
				const folded = name.toLowerCase();
				const keep = ({ node }: SessionRecord) => node.toLowerCase() === folded;
				return { index, value: server.selections.select(value, `node ${folded}`, keep) };
			}),
		nodeChecksOf: (session) => (session as StoredSession).nodeChecks ?? [serfHealth],
	};
}

function sessionContent(request: SessionRequest, id: string, store: StateStore): StoredSession {
	const ttlMs = request.ttl === "" ? 0 : tryParseDurationMs(request.ttl);
	if (ttlMs === undefined) throw invalid(`Session TTL '${request.ttl}' invalid: write it like 10s or 5m`);
	if (ttlMs !== 0 && (ttlMs < ttlMsMin || ttlMs > ttlMsMax)) {
		throw invalid(`Invalid Session TTL '${request.ttl}', must be between [10s=24h0m0s]`);
	}
	const behavior = request.behavior === "" ? "release" : request.behavior;
	if (behavior !== "release" && behavior !== "delete") {
		throw invalid(`Invalid Behavior setting '${behavior}'; it is release or delete`);
	}
	const nodeChecks = request.nodeChecks ?? [serfHealth];
	requireChecks([...nodeChecks, ...request.serviceChecks], request.node, store);
	const unsupported = [...nodeChecks.filter((each) => each !== serfHealth), ...request.serviceChecks];
	if (unsupported.length > 0) {
		throw new DiscoError(
			"SESSION_CHECKS_UNSUPPORTED",
			`a session cannot be bound to check ${JSON.stringify(unsupported[0])}: only to ${serfHealth}, or to none with "Checks": []`,
		);
	}
	return {
		id,
		name: request.name,
		node: request.node,
		behavior,
		lockDelayMs: request.lockDelayMs,
		ttl: request.ttl,
		nodeChecks,
	};
}

/** Every check must be the node's and not be critical. */
function requireChecks(checks: readonly string[], node: string, store: StateStore): void {
	if (store.node(node).value === undefined) {
		throw new DiscoError("NODE_UNKNOWN", `apply failed: Missing node registration of ${JSON.stringify(node)}`);
	}
	const present = new Map(store.nodeChecks(node).value.map((check) => [check.checkId, check.status]));
	for (const check of checks) {
		const status = present.get(check);
		if (status === undefined) throw invalid(`apply failed: Missing check '${check}' registration`);
		if (status === "critical") throw invalid(`apply failed: Check '${check}' is in critical state`);
	}
}

function invalid(message: string): DiscoError {
	return new DiscoError("SESSION_INVALID", message);
}
