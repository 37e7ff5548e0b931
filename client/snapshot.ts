import { type CallOptions, type Requester, v1 } from "./request.ts";
import { streamOf } from "./stream.ts";
import type { StreamedAnswer } from "./transport.ts";
import { write } from "./write.ts";

/** `/v1/snapshot`: the whole replicated state as one file (gzip). */
export interface SnapshotClient {
	/** The file piece by piece; read it to its end or `cancel()` it. `stale` lets any server make it. */
	save(options?: CallOptions & { readonly stale?: boolean }): Promise<StreamedAnswer>;
	/** Replaces the whole state. */
	restore(snapshot: Uint8Array, options?: CallOptions): Promise<void>;
}

export function createSnapshotClient(requester: Requester): SnapshotClient {
	const path = v1("snapshot");
	return {
		save: (options) => streamOf(requester, path, options, { stale: options?.stale }),
		restore: (snapshot, options) => write(requester, path, options, { body: snapshot }),
	};
}
