import type { KvEndpoints } from "./endpoints.ts";
import type { LockDelays } from "./lock-delays.ts";
import type { Server } from "./server.ts";

/** `/v1/kv/...` from this server's state. */
export function kvEndpoints(server: Server, lockDelays: LockDelays): KvEndpoints {
	const { store } = server;
	return {
		async write(write, options) {
			if (write.operation === "lock" && lockDelays.delays(write.key)) return false;
			return server.write(options, { kind: "kv", write });
		},
		get: (key, options) => server.read(options, (watchSet) => store.kvGet(key, watchSet)),
		list: (prefix, options) => server.read(options, (watchSet) => store.kvList(prefix, watchSet)),
		keys: (prefix, separator, options) => server.read(options, (watchSet) => store.kvKeys(prefix, separator, watchSet)),
	};
}
