import { formatDuration, tryParseDurationMs } from "../../lib/duration.ts";
import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import { uuid } from "../../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { SessionContent, SessionRecord } from "../state/index.ts";
import type { SessionEndpoints, SessionRequest } from "./endpoints.ts";
import { type Leadership, requireLeads } from "./leadership.ts";
import type { LockDelays } from "./lock-delays.ts";
import type { Server } from "./server.ts";

/** The check that gossip keeps for each member; every session is bound to its node's unless it asks for none. */
const serfHealth = "serfHealth";
const ttlMinMsDefault = 10_000;
const ttlMaxMs = 24 * 3600_000;
/** A session lives at least its TTL and at most this many times it, which forgives a late renewal. */
const ttlGrace = 2;
/** Pause before an expired session's end is proposed again after an error. */
const retryMs = 1_000;

/** `/v1/session/...` from this server's state; TTLs and lock-delays run here. */
export function sessionEndpoints(
	server: Server,
	parts: {
		readonly clock: Clock;
		readonly random: Random;
		readonly lockDelays: LockDelays;
		readonly leadership?: Leadership;
		/** Shortest TTL taken; 10 s unless given. */
		readonly sessionTtlMinMs?: number;
		readonly logger: Logger;
	},
): SessionEndpoints {
	const { store } = server;
	const { clock, random, lockDelays, leadership, sessionTtlMinMs: ttlMinMs = ttlMinMsDefault, logger } = parts;
	const leads = () => leadership?.leads() ?? true;
	const timers = new Map<string, Timer>();

	/** Begins the TTL again. */
	function renew(session: SessionRecord): void {
		forget(session.id);
		if (!leads()) return;
		const ttlMs = tryParseDurationMs(session.ttl) ?? 0;
		if (ttlMs > 0) expireAfter(ttlMs * ttlGrace, session.id);
	}

	function expireAfter(delayMs: number, id: string): void {
		timers.set(
			id,
			clock.after(delayMs, () => {
				server
					.write({ datacenter: "", token: "" }, { kind: "session-destroy", id })
					// No majority, or a log that is full: the session ends later.
					.catch((error: unknown) => {
						logger.warn("an expired session lives on for now", { session: id, error: errorMessage(error) });
						if (leads()) expireAfter(retryMs, id);
					});
			}),
		);
	}

	function forget(id: string): void {
		timers.get(id)?.cancel();
		timers.delete(id);
	}

	/**
	 * Sessions of an earlier run of this server, of a restored snapshot or of the former leader live on; their TTLs begin anew,
	 * since only that leader knew of renewals. A server that does not lead (any more) has none.
	 */
	function renewAll(): void {
		for (const id of [...timers.keys()]) forget(id);
		if (!leads()) return;
		for (const session of store.sessions().value) renew(session);
	}

	store.observe({
		sessionCreated: renew,
		sessionEnded: ({ session, keys }) => {
			forget(session.id);
			lockDelays.begin(keys, session.lockDelayMs);
		},
		restored: renewAll,
	});
	leadership?.observe(renewAll);
	renewAll();

	return {
		async create(request, options) {
			const session = sessionContent(request, uuid(random), ttlMinMs);
			try {
				await server.write(options, { kind: "session-create", session });
			} catch (error) {
				const code = errorCode(error);
				if (code !== "SESSION_INVALID" && code !== "NODE_UNKNOWN") throw error;
				throw new DiscoError(code, `apply failed: ${errorMessage(error)}`);
			}
			return session.id;
		},
		async destroy(id, options) {
			await server.write(options, { kind: "session-destroy", id });
		},
		async renew(id) {
			requireLeads(leadership);
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
		nodeChecksOf: (session) => session.nodeChecks,
	};
}

function sessionContent(request: SessionRequest, id: string, ttlMinMs: number): SessionContent {
	const { name, node, lockDelayMs, ttl, nodeChecks = [serfHealth], serviceChecks } = request;
	const ttlMs = ttl === "" ? 0 : tryParseDurationMs(ttl);
	if (ttlMs === undefined) throw invalid(`Session TTL '${ttl}' invalid: write it like 10s or 5m`);
	if (ttlMs !== 0 && (ttlMs < ttlMinMs || ttlMs > ttlMaxMs))
		throw invalid(
			`Invalid Session TTL '${ttl}', must be between [${formatDuration(ttlMinMs)}=${formatDuration(ttlMaxMs)}]`,
		);
	const behavior = request.behavior === "" ? "release" : request.behavior;
	if (behavior !== "release" && behavior !== "delete")
		throw invalid(`Invalid Behavior setting '${behavior}'; it is release or delete`);
	const { oldChecks } = request;
	const old = oldChecks === undefined ? {} : { oldChecks };
	return { id, name, node, behavior, lockDelayMs, ttl, nodeChecks, serviceChecks, ...old };
}

function invalid(message: string): DiscoError {
	return new DiscoError("SESSION_INVALID", message);
}
