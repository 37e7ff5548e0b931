import type { Clock } from "../../lib/env/index.ts";
import type { KvHistoryRule, KvWrite, WriteOrigin } from "../state/index.ts";
import type { KvEndpoints } from "./endpoints.ts";
import { type Leadership, requireLeads } from "./leadership.ts";
import type { LockDelays } from "./lock-delays.ts";
import type { Server } from "./server.ts";

/** `/v1/kv/...` from this server's state. */
export function kvEndpoints(
	server: Server,
	parts: { readonly clock: Clock; readonly lockDelays: LockDelays; readonly leadership?: Leadership },
): KvEndpoints {
	const { store } = server;

	/** Told only where it is remembered: the log stays as small as it can be. Of a tree, that of its root decides. */
	function originOf(write: KvWrite): { readonly origin?: WriteOrigin } {
		if (!store.keepsHistory(write.operation === "delete-tree" ? write.prefix : write.key)) return {};
		return { origin: { timeMs: parts.clock.nowMs(), author: "" } };
	}

	return {
		async write(write, options) {
			if (write.operation === "lock") {
				requireLeads(parts.leadership);
				if (parts.lockDelays.delays(write.key)) return false;
			}
			return server.write(options, { kind: "kv", write, ...originOf(write) });
		},
		get: (key, options) => server.read(options, (watchSet) => store.kvGet(key, watchSet)),
		list: (prefix, options) => server.read(options, (watchSet) => store.kvListInSlices(prefix, watchSet)),
		keys: (prefix, separator, options) =>
			server.read(options, (watchSet) => store.kvKeysInSlices(prefix, separator, watchSet)),
		history: (key, options) => server.read(options, (watchSet) => store.kvHistory(key, watchSet)),
		async keepHistory(rules, options) {
			if (!sameRules(rules, store.kvHistoryRules())) await server.write(options, { kind: "kv-history-rules", rules });
		},
	};
}

function sameRules(a: readonly KvHistoryRule[], b: readonly KvHistoryRule[]): boolean {
	const sorted = (rules: readonly KvHistoryRule[]) =>
		JSON.stringify(rules.map(({ prefix, revisionsMax }) => [prefix, revisionsMax]).sort());
	return sorted(a) === sorted(b);
}
