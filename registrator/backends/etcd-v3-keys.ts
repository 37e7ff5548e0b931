import { createClient } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { EtcdKeys } from "./etcd-keys.ts";

/** A server that has not answered by then counts as away. */
const answerMsMax = 10_000;

interface RangeAnswer {
	readonly kvs?: readonly { readonly key?: string; readonly value?: string }[];
}

/**
 * etcd's v3 key space by its JSON gateway (`/v3`, etcd 3.4 and later). `host` is `host:port`; port 2379 of this machine when empty.
 *
 * A key that expires has a lease of its own: a refresh puts it on a new one, and the old one runs out without it.
 */
export function etcdV3Keys(host: string): EtcdKeys {
	const client = createClient({ address: `http://${host === "" ? "127.0.0.1:2379" : host}`, timeoutMs: answerMsMax });
	const call = async (path: string, body: Readonly<Record<string, unknown>>): Promise<unknown> => {
		const headers = { "content-type": "application/json" };
		const answer = await client.request({ method: "POST", path: `/v3${path}`, headers, body: JSON.stringify(body) });
		const text = answer.body.toString("utf8").trim();
		if (answer.status < 300) return JSON.parse(text) as unknown;
		if (answer.status === 404) {
			throw new DiscoError(
				"ETCD_V3_ABSENT",
				`etcd at ${client.address} does not serve its v3 API; etcd 3.4 and later do`,
			);
		}
		const retryable = answer.status >= 500;
		throw new DiscoError("ETCD_REFUSED", `etcd at ${client.address}: ${answer.status} ${text}`, { retryable });
	};
	return {
		address: client.address,
		async ping() {
			await call("/maintenance/status", {});
		},
		async set(path, value, ttlSeconds) {
			const put = { key: base64(path), value: base64(value) };
			if (ttlSeconds === 0) {
				await call("/kv/put", put);
				return;
			}
			const { ID: lease } = (await call("/lease/grant", { TTL: String(ttlSeconds) })) as { readonly ID?: string };
			await call("/kv/put", { ...put, lease });
		},
		async remove(path) {
			await call("/kv/deleterange", { key: base64(path) });
		},
		async list(folder) {
			const first = folder === "/" ? "/" : `${folder}/`;
			// "0" is the character after "/": the range holds every key below the folder.
			const range = { key: base64(first), range_end: base64(`${first.slice(0, -1)}0`) };
			const { kvs = [] } = (await call("/kv/range", range)) as RangeAnswer;
			return kvs.map(({ key = "", value = "" }) => ({ path: fromBase64(key), value: fromBase64(value) }));
		},
		close: () => client.close(),
	};
}

function base64(text: string): string {
	return Buffer.from(text).toString("base64");
}

function fromBase64(text: string): string {
	return Buffer.from(text, "base64").toString("utf8");
}
