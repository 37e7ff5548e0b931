import type { Socket } from "node:net";
import type { Client, Exception } from "node-zookeeper-client";
import { DiscoError, errorMessage } from "../../lib/errors.ts";

/** The part of ZooKeeper that the backend needs. Errors: `ZOOKEEPER_UNREACHABLE` (retryable) and `ZOOKEEPER_REFUSED`. */
export interface ZooKeeperNodes {
	readonly address: string;
	/** Makes a lasting node without data, unless it is there. False: its parent is not. */
	make(path: string): Promise<boolean>;
	/**
	 * Writes a node that goes when our session does, and takes it over from another session (of the registrator that was here
	 * before). False: its parent is not there, or somebody else wrote at the same time.
	 */
	hold(path: string, data: string): Promise<boolean>;
	/** Succeeds also when there is no such node, and leaves one that has children. */
	remove(path: string): Promise<void>;
	/** Names below a node; empty when there is none. */
	children(path: string): Promise<readonly string[]>;
	/** Undefined when there is no such node. */
	read(path: string): Promise<string | undefined>;
	/** Lets go of the connection but not of the session: what it holds stays until the server misses us. Idempotent. */
	close(): void;
}

/** A server that has not answered by then counts as away. */
const answerMsMax = 10_000;
/** Longest wait for a connection; the package tries the servers in turn all the while. */
const connectMsMax = 3_000;
/** The reference's: so long what we hold outlives us, and a registrator that starts anew may take it over. */
const sessionMs = 10_000;

type Package = typeof import("node-zookeeper-client");
type Refusal = "NO_NODE" | "NODE_EXISTS" | "NOT_EMPTY";
type Answer<Result> = { readonly result: Result } | { readonly refusal: Refusal };
type Callback<Result> = (error: Error | Exception | null, result: Result) => void;

/** `hosts` is `host:port`, several with commas; port 2181 of this machine when empty. The package is loaded at the first call. */
export function zookeeperNodes(hosts: string): ZooKeeperNodes {
	const address = hosts === "" ? "127.0.0.1:2181" : hosts;
	let session: Promise<{ readonly zookeeper: Package; readonly client: Client }> | undefined;
	let closed = false;

	const begin = async () => {
		const { default: zookeeper } = (await import("node-zookeeper-client")) as unknown as { readonly default: Package };
		const client = zookeeper.createClient(address, { sessionTimeout: sessionMs });
		// A session that ended does not come back: the next call begins another, and a listing shows that all is gone.
		client.once("expired", () => {
			session = undefined;
		});
		client.connect();
		return { zookeeper, client };
	};

	/** Sends one request over an open connection; refusals other than those `accepted` are errors. */
	const call = async <Result>(
		what: string,
		accepted: readonly Refusal[],
		send: (client: Client, done: Callback<Result>, zookeeper: Package) => void,
	): Promise<Answer<Result>> => {
		if (closed) throw unreachable("the connection was closed");
		session ??= begin();
		const { zookeeper, client } = await session;
		if (!(await isConnected(client, zookeeper))) throw unreachable(`no connection in ${connectMsMax / 1000} s`);
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise<Answer<Result>>((resolve, reject) => {
				timer = setTimeout(() => {
					// The package does not notice that a server fell silent; it connects again, with the same session, when told so.
					socketOf(client)?.destroy();
					reject(unreachable(`no answer in ${answerMsMax / 1000} s`));
				}, answerMsMax);
				const done: Callback<Result> = (error, result) => {
					const name = error === null || !("getName" in error) ? undefined : error.getName();
					const refusal = accepted.find((each) => each === name);
					if (error === null || error === undefined) resolve({ result });
					else if (refusal !== undefined) resolve({ refusal });
					else reject(failure(what, name ?? errorMessage(error)));
				};
				send(client, done, zookeeper);
			});
		} finally {
			clearTimeout(timer);
		}
	};
	const unreachable = (reason: string) =>
		new DiscoError("ZOOKEEPER_UNREACHABLE", `cannot reach ZooKeeper at ${address}: ${reason}`, { retryable: true });
	const failure = (what: string, reason: string) =>
		["CONNECTION_LOSS", "SESSION_EXPIRED", "OPERATION_TIMEOUT"].includes(reason)
			? unreachable(reason)
			: new DiscoError("ZOOKEEPER_REFUSED", `ZooKeeper at ${address}: ${what}: ${reason}`);

	return {
		address,
		async make(path) {
			const answer = await call<string>(`making ${path}`, ["NODE_EXISTS", "NO_NODE"], (client, done, { CreateMode }) =>
				client.create(path, CreateMode.PERSISTENT, done),
			);
			return "result" in answer || answer.refusal === "NODE_EXISTS";
		},
		async hold(path, data) {
			const bytes = Buffer.from(data);
			const made = await call<string>(`making ${path}`, ["NODE_EXISTS", "NO_NODE"], (client, done, { CreateMode }) =>
				client.create(path, bytes, CreateMode.EPHEMERAL, done),
			);
			if ("result" in made || made.refusal === "NO_NODE") return "result" in made;
			const taken = await call<unknown>(`taking over ${path}`, ["NO_NODE"], (client, done, { CreateMode }) =>
				client.transaction().remove(path).create(path, bytes, CreateMode.EPHEMERAL).commit(done),
			);
			return "result" in taken;
		},
		async remove(path) {
			await call<undefined>(`removing ${path}`, ["NO_NODE", "NOT_EMPTY"], (client, done) =>
				client.remove(path, (error) => done(error, undefined)),
			);
		},
		async children(path) {
			const answer = await call<string[]>(`listing ${path}`, ["NO_NODE"], (client, done) =>
				client.getChildren(path, done),
			);
			return "result" in answer ? answer.result : [];
		},
		async read(path) {
			const answer = await call<Buffer | undefined>(`reading ${path}`, ["NO_NODE"], (client, done) =>
				client.getData(path, done),
			);
			return "result" in answer ? (answer.result?.toString("utf8") ?? "") : undefined;
		},
		close() {
			closed = true;
			// The package's own close would end the session, and with it what the registry shows of containers that run on.
			// Without its idle timer the connection sends no more signs of life, and the server ends both in time.
			void session?.then(({ client }) => socketOf(client)?.setTimeout(0).unref());
		},
	};
}

/** Resolves once requests can be sent, false after `connectMsMax`. */
function isConnected(client: Client, { State }: Package): Promise<boolean> {
	if (client.getState() === State.SYNC_CONNECTED) return Promise.resolve(true);
	return new Promise((resolve) => {
		const finish = (connected: boolean) => {
			clearTimeout(timer);
			client.removeListener("connected", onConnected);
			resolve(connected);
		};
		const onConnected = () => finish(true);
		const timer = setTimeout(() => finish(false), connectMsMax);
		client.once("connected", onConnected);
	});
}

/** The connection under way, which the package keeps to itself. */
function socketOf(client: Client): Socket | undefined {
	return (client as unknown as { readonly connectionManager?: { readonly socket?: Socket } }).connectionManager?.socket;
}
