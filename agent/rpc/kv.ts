import type { KvEndpoints } from "./endpoints.ts";
import type { Server } from "./server.ts";

/** `/v1/kv/...` from this server's state. */
export function kvEndpoints(server: Server): KvEndpoints {
	const { store } = server;
	return {
		write: (write, options) => server.write(options, { kind: "kv", write }),
		get: (key, options) => server.read(options, (watchSet) => store.kvGet(key, watchSet)),
		list: (prefix, options) => server.read(options, (watchSet) => store.kvList(prefix, watchSet)),
		keys: (prefix, separator, options) => server.read(options, (watchSet) => store.kvKeys(prefix, separator, watchSet)),
	};
}
