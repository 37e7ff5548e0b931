import { HttpStatusError } from "./errors.ts";
import { callOptions } from "./read.ts";
import { type CallOptions, type Requester, v1 } from "./request.ts";
import type { StreamedAnswer } from "./transport.ts";

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
		async save(options = {}) {
			const answer = await requester.stream({ path, query: { stale: options.stale }, ...callOptions(options) });
			if (answer.status === 200) return answer;
			const chunks: Buffer[] = [];
			for await (const chunk of answer.body) chunks.push(chunk);
			const text = Buffer.concat(chunks).toString("utf8");
			throw new HttpStatusError(answer.status, text, `the agent at ${requester.address} answered GET ${path} with`);
		},
		async restore(snapshot, options = {}) {
			await requester.call({ method: "PUT", path, body: snapshot, ...callOptions(options) });
		},
	};
}
