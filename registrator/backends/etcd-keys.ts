import { type Answer, createClient } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";

/** A value in etcd's v2 key space, with its path. */
export interface EtcdKey {
	/** Starts with a slash. */
	readonly path: string;
	readonly value: string;
}

/** etcd's v2 keys API (`/v2/keys`), which etcd 3.4 and 3.5 serve with `--enable-v2` and 3.6 no more. */
export interface EtcdKeys {
	readonly address: string;
	/** Error: `ETCD_V2_ABSENT` when the server does not serve the v2 API. */
	ping(): Promise<void>;
	/** `ttlSeconds` 0: the key does not expire. */
	set(path: string, value: string, ttlSeconds: number): Promise<void>;
	/** Succeeds also when there is no such key. */
	remove(path: string): Promise<void>;
	/** Every key below a folder; empty when there is none. */
	list(folder: string): Promise<readonly EtcdKey[]>;
	close(): void;
}

/** A server that has not answered by then counts as away. */
const answerMsMax = 10_000;

interface EtcdNode {
	readonly key?: string;
	readonly value?: string;
	readonly dir?: boolean;
	readonly nodes?: readonly EtcdNode[];
}

/** `host` is `host:port`; port 2379 of this machine when empty. */
export function etcdKeys(host: string): EtcdKeys {
	const client = createClient({ address: `http://${host === "" ? "127.0.0.1:2379" : host}`, timeoutMs: answerMsMax });
	const target = (path: string) => `/v2/keys${path.split("/").map(encodeURIComponent).join("/")}`;
	const checked = async (answer: Promise<Answer>, absenceIsFine: boolean): Promise<Answer> => {
		const got = await answer;
		if (got.status < 300 || (absenceIsFine && got.status === 404)) return got;
		throw new DiscoError(
			"ETCD_REFUSED",
			`etcd at ${client.address}: ${got.status} ${got.body.toString("utf8").trim()}`,
			{
				retryable: got.status >= 500,
			},
		);
	};
	return {
		address: client.address,
		async ping() {
			const { status } = await client.request({ path: "/v2/keys/" });
			if (status < 300) return;
			throw new DiscoError(
				"ETCD_V2_ABSENT",
				`etcd at ${client.address} does not serve its v2 API (status ${status}); start it with --enable-v2 (up to etcd 3.5)`,
			);
		},
		async set(path, value, ttlSeconds) {
			const form = new URLSearchParams({ value, ...(ttlSeconds > 0 ? { ttl: String(ttlSeconds) } : {}) });
			const headers = { "content-type": "application/x-www-form-urlencoded" };
			await checked(client.request({ method: "PUT", path: target(path), headers, body: form.toString() }), false);
		},
		async remove(path) {
			await checked(client.request({ method: "DELETE", path: target(path) }), true);
		},
		async list(folder) {
			const answer = await checked(client.request({ path: target(folder), query: { recursive: "true" } }), true);
			if (answer.status === 404) return [];
			const { node } = JSON.parse(answer.body.toString("utf8")) as { readonly node?: EtcdNode };
			return node === undefined ? [] : keysOf(node);
		},
		close: () => client.close(),
	};
}

function keysOf(node: EtcdNode): EtcdKey[] {
	if (node.dir === true) return (node.nodes ?? []).flatMap(keysOf);
	return node.key === undefined ? [] : [{ path: node.key, value: node.value ?? "" }];
}
