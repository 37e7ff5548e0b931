import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import { metaOf } from "./caller.ts";

/** What all members of a pool said about their keys; keys in base64. */
interface KeyringReport {
	readonly memberCount: number;
	readonly responseCount: number;
	readonly errorCount: number;
	/** Member -> what went wrong there. */
	readonly messages: ReadonlyMap<string, string>;
	/** Key -> members that have it, and that encrypt with it. */
	readonly keys: ReadonlyMap<string, number>;
	readonly primaryKeys: ReadonlyMap<string, number>;
}

const operations = { list: "list-keys", install: "install-key", use: "use-key", remove: "remove-key" } as const;
type Operation = (typeof operations)[keyof typeof operations];

/** A pool of gossip as far as its keys are concerned. */
export interface KeyringPool {
	readonly isEncrypted: boolean;
	keyring(
		operation: Operation,
		options: { readonly key?: Uint8Array; readonly relayFactor: number },
	): Promise<KeyringReport>;
	readonly wan?: KeyringPool;
}

export interface KeyringOptions {
	readonly datacenter: string;
	readonly nodeName?: string;
	/** Of this server; undefined while there is none. */
	readonly keyringPool?: () => KeyringPool | undefined;
}

/** Real clients leave the keys of gossip to a server, which asks its own datacenter; disco's ask over gossip themselves. */
export function keyringServed({ datacenter, nodeName = "", keyringPool }: KeyringOptions): ServedMethod[] {
	async function answerOf(pool: KeyringPool, isWan: boolean, request: Request) {
		const response = {
			WAN: isWan,
			Datacenter: datacenter,
			Segment: "",
			Messages: null,
			Keys: null,
			PrimaryKeys: null,
			NumNodes: 1,
			Error: "",
		};
		const { operation, text } = request;
		const key = Buffer.from(text, "base64");
		// As the reference says it; the key stays out of the text.
		if (key.toString("base64") !== text) return { ...response, Error: "illegal base64 data at input byte 0" };
		if (!pool.isEncrypted) {
			const what = operation === "list-keys" ? "Keyring is empty" : "No keyring to modify";
			const Messages = { [isWan ? `${nodeName}.${datacenter}` : nodeName]: `${what} (encryption not enabled)` };
			return { ...response, Messages, Error: "1/1 nodes reported failure" };
		}
		const { relayFactor } = request;
		const report = await pool.keyring(operation, operation === "list-keys" ? { relayFactor } : { key, relayFactor });
		return {
			...response,
			Messages: report.messages.size === 0 ? null : Object.fromEntries(report.messages),
			Keys: Object.fromEntries(report.keys),
			PrimaryKeys: Object.fromEntries(report.primaryKeys),
			NumNodes: report.memberCount,
			Error: errorOf(report),
		};
	}

	return [
		served(methods.keyring, async ({ Operation: name, Key, RelayFactor, LocalOnly }) => {
			const operation = Object.hasOwn(operations, name) ? operations[name as keyof typeof operations] : undefined;
			if (operation === undefined) throw new Error(`Invalid keyring operation: ${JSON.stringify(name)}`);
			const request = { operation, text: Key, relayFactor: RelayFactor };
			const pool = keyringPool?.();
			const pools = pool === undefined ? [] : pool.wan === undefined || LocalOnly ? [pool] : [pool.wan, pool];
			const Responses = await Promise.all(pools.map((each) => answerOf(each, each !== pool, request)));
			return { ...metaOf({ index: 1, knownLeader: true, lastContactMs: 0 }), Responses };
		}),
	];
}

interface Request {
	readonly operation: Operation;
	/** The key. */
	readonly text: string;
	readonly relayFactor: number;
}

function errorOf({ errorCount, responseCount, memberCount }: KeyringReport): string {
	if (errorCount > 0) return `${errorCount}/${memberCount} nodes reported failure`;
	return responseCount < memberCount ? `${responseCount}/${memberCount} nodes reported success` : "";
}
