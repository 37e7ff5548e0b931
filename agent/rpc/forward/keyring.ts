import { errorMessage } from "../../../lib/errors.ts";
import type {
	Endpoints,
	KeyringOperation,
	KeyringPoolReport,
	KeyringQuestion,
	KeyringReport,
	OperatorEndpoints,
	WriteOptions,
} from "../endpoints.ts";
import { methods } from "../wire/methods.ts";
import { type ServedMethod, served } from "../wire/rpc.ts";
import { type Caller, metaOf, writeOptionsOf } from "./caller.ts";

/** A pool of gossip as far as its keys are concerned. */
export interface KeyringPool {
	readonly isEncrypted: boolean;
	keyring(
		operation: KeyringOperation,
		options: { readonly key?: Uint8Array; readonly relayFactor: number },
	): Promise<KeyringReport>;
	/** Of all datacenters' servers. */
	readonly wan?: KeyringPool;
}

type AskKeyrings = NonNullable<OperatorEndpoints["keyring"]>;

/**
 * The keys of every pool that a server can reach: of the pool of all datacenters' servers, its own datacenter's, and through their
 * servers those of the other datacenters. A pool that cannot be asked is told as one that failed.
 */
export function askKeyrings(parts: {
	readonly datacenter: string;
	/** This server's node. */
	readonly nodeName: string;
	/** Undefined while there is none. */
	readonly pool: () => KeyringPool | undefined;
	/** This one among them. */
	readonly datacenters: () => readonly string[];
	/** Fails with `DATACENTER_UNKNOWN`. */
	readonly operatorOf: (datacenter: string) => OperatorEndpoints;
}): AskKeyrings {
	const { datacenter: own, nodeName } = parts;

	async function here(pool: KeyringPool, isWan: boolean, question: KeyringQuestion): Promise<KeyringPoolReport> {
		const { operation, key, relayFactor } = question;
		const report = { ...nothing, isWan, datacenter: own };
		if (pool.isEncrypted) {
			const options = key === undefined ? { relayFactor } : { key, relayFactor };
			return { ...report, ...told(await pool.keyring(operation, options)) };
		}
		// As the reference says it.
		const what = operation === "list-keys" ? "Keyring is empty" : "No keyring to modify";
		const messages = { [isWan ? `${nodeName}.${own}` : nodeName]: `${what} (encryption not enabled)` };
		return { ...report, memberCount: 1, messages, error: "1/1 nodes reported failure" };
	}

	async function elsewhere(datacenter: string, question: KeyringQuestion, options: WriteOptions) {
		try {
			const asked = parts.operatorOf(datacenter).keyring;
			return (await asked?.({ ...question, isForwarded: true }, { ...options, datacenter })) ?? [];
		} catch (error) {
			return [{ ...nothing, datacenter, error: errorMessage(error) }];
		}
	}

	return async (question, options) => {
		const { localOnly, isForwarded } = question;
		const lan = parts.pool();
		if (lan === undefined) return [];
		const { wan } = lan;
		if (localOnly || isForwarded || wan === undefined) return [await here(lan, false, question)];
		const others = parts.datacenters().filter((each) => each !== own);
		const [first, second, ...rest] = await Promise.all([
			here(wan, true, question),
			here(lan, false, question),
			...others.map((each) => elsewhere(each, question, options)),
		] as const);
		return [first, second, ...rest.flat()];
	};
}

const nothing = { isWan: false, memberCount: 0, messages: {}, keys: {}, primaryKeys: {}, error: "" } as const;

function told(report: KeyringReport): Omit<KeyringPoolReport, "isWan" | "datacenter"> {
	const { memberCount, errorCount, responseCount, messages, keys, primaryKeys } = report;
	const failed = errorCount > 0 ? `${errorCount}/${memberCount} nodes reported failure` : "";
	const silent = responseCount < memberCount ? `${responseCount}/${memberCount} nodes reported success` : "";
	return {
		memberCount,
		messages: Object.fromEntries(messages),
		keys: Object.fromEntries(keys),
		primaryKeys: Object.fromEntries(primaryKeys),
		error: failed || silent,
	};
}

/** As the reference calls them. */
const names = {
	"list-keys": "list",
	"install-key": "install",
	"use-key": "use",
	"remove-key": "remove",
} as const satisfies Record<KeyringOperation, string>;

export function keyringClient(caller: Caller): AskKeyrings {
	return async ({ operation, key, relayFactor, localOnly, isForwarded }, { datacenter, token }) => {
		const argument = {
			...methods.keyring.argument.zero,
			Operation: names[operation],
			Key: key === undefined ? "" : Buffer.from(key).toString("base64"),
			Datacenter: datacenter || caller.datacenter,
			Forwarded: isForwarded,
			RelayFactor: relayFactor,
			LocalOnly: localOnly,
			Token: token,
		};
		const { Responses } = await caller.call(methods.keyring, argument, {
			isRead: operation === "list-keys",
			waitMs: 0,
		});
		return (Responses ?? []).map((each) => ({
			isWan: each.WAN,
			datacenter: each.Datacenter,
			memberCount: each.NumNodes,
			messages: each.Messages ?? {},
			keys: each.Keys ?? {},
			primaryKeys: each.PrimaryKeys ?? {},
			error: each.Error,
		}));
	};
}

export function keyringServed(
	{ operator }: Endpoints,
	{ datacenter }: { readonly datacenter: string },
): ServedMethod[] {
	const keyring = operator?.keyring;
	if (keyring === undefined) return [];
	return [
		served(methods.keyring, async (argument) => {
			const { Operation, Key, RelayFactor: relayFactor, LocalOnly: localOnly, Forwarded: isForwarded } = argument;
			const [operation] = Object.entries(names).find(([, name]) => name === Operation) ?? [];
			if (operation === undefined) throw new Error(`Invalid keyring operation: ${JSON.stringify(Operation)}`);
			const meta = metaOf({ index: 1, knownLeader: true, lastContactMs: 0 });
			const key = Buffer.from(Key, "base64");
			// As the reference says it; the key stays out of the text.
			const isKey = key.toString("base64") === Key;
			const reports = isKey
				? await keyring(
						{
							operation: operation as KeyringOperation,
							...(Key === "" ? {} : { key: new Uint8Array(key) }),
							relayFactor,
							localOnly,
							isForwarded,
						},
						writeOptionsOf(argument),
					)
				: [{ ...nothing, datacenter, memberCount: 1, error: "illegal base64 data at input byte 0" }];
			return { ...meta, Responses: reports.map(wireReport) };
		}),
	];
}

function wireReport({ isWan, datacenter, memberCount, messages, keys, primaryKeys, error }: KeyringPoolReport) {
	return {
		WAN: isWan,
		Datacenter: datacenter,
		Segment: "",
		Messages: Object.keys(messages).length === 0 ? null : messages,
		Keys: keys,
		PrimaryKeys: primaryKeys,
		NumNodes: memberCount,
		Error: error,
	};
}
