import { errorMessage } from "../../../lib/errors.ts";
import { decode, encode } from "../../../lib/msgpack/index.ts";
import type { Keyring } from "../wire/keyring.ts";
import { type KeyResponse, keyRequest, keyResponse, serfType } from "../wire/serf-messages.ts";

export type KeyOperation = "install-key" | "use-key" | "remove-key" | "list-keys";

/** Before every query that serf itself asks. */
export const internalPrefix = "_serf_";

export function isKeyOperation(name: string): name is KeyOperation {
	return name === "install-key" || name === "use-key" || name === "remove-key" || name === "list-keys";
}

/** The payload of a key query. */
export function encodeKeyRequest(key: Uint8Array): Uint8Array {
	return encode(keyRequest, { Key: key }, serfType.keyRequest);
}

function decodeKeyResponse(payload: Uint8Array): KeyResponse {
	return decode(keyResponse, payload, 1);
}

/** What all members answered to a key query. Keys in base64. */
export interface KeyReport {
	readonly memberCount: number;
	readonly responseCount: number;
	/** Member -> what went wrong there, or a remark. */
	readonly messages: ReadonlyMap<string, string>;
	readonly errorCount: number;
	/** Key -> members that have it. */
	readonly keys: ReadonlyMap<string, number>;
	/** Key -> members that encrypt with it. */
	readonly primaryKeys: ReadonlyMap<string, number>;
}

/** Does what a key query asks and makes the answer of at most `sizeBytesMax`. The texts are the reference's. */
export async function answerKeyQuery(
	operation: KeyOperation,
	payload: Uint8Array,
	parts: {
		readonly keyring: Keyring | undefined;
		/** Keeps the keys for the next start; fails when that does not work. */
		readonly save: () => Promise<void>;
		readonly sizeBytesMax: number;
	},
): Promise<Uint8Array> {
	const { keyring } = parts;
	const refuse = (text: string) => encodeResponse({ Result: false, Message: text, Keys: null, PrimaryKey: "" });
	if (operation === "list-keys") {
		if (keyring === undefined) return refuse("Keyring is empty (encryption not enabled)");
		return listKeys(keyring, parts.sizeBytesMax);
	}
	if (keyring === undefined) return refuse("No keyring to modify (encryption not enabled)");
	try {
		const { Key } = decode(keyRequest, payload, 1);
		const key = Key ?? new Uint8Array();
		if (operation === "install-key") keyring.install(key);
		else if (operation === "use-key") keyring.use(key);
		else keyring.remove(key);
		await parts.save();
		return encodeResponse({ Result: true, Message: "", Keys: null, PrimaryKey: "" });
	} catch (error) {
		return refuse(errorMessage(error));
	}
}

function listKeys(keyring: Keyring, sizeBytesMax: number): Uint8Array {
	const keys = keyring.keys.map(base64);
	const PrimaryKey = base64(keyring.primary);
	for (let shown = keys.length; ; shown--) {
		const cut = `truncated key list response, showing first ${shown} of ${keys.length} keys`;
		const Message = shown === keys.length ? "" : cut;
		const encoded = encodeResponse({ Result: true, Message, Keys: keys.slice(0, shown), PrimaryKey });
		if (encoded.length <= sizeBytesMax || shown === 0) return encoded;
	}
}

/** Adds up the answers of all members. */
export function keyReport(
	memberCount: number,
	answers: readonly { readonly from: string; readonly payload: Uint8Array }[],
): KeyReport {
	const messages = new Map<string, string>();
	const keys = new Map<string, number>();
	const primaryKeys = new Map<string, number>();
	let errorCount = 0;
	for (const { from, payload } of answers) {
		const response = tryDecode(payload);
		if (response === undefined || !response.Result) errorCount++;
		const message = response === undefined ? "the answer is malformed" : response.Message;
		if (message !== "") messages.set(from, message);
		for (const key of response?.Keys ?? []) keys.set(key, (keys.get(key) ?? 0) + 1);
		const primary = response?.PrimaryKey ?? "";
		if (primary !== "") primaryKeys.set(primary, (primaryKeys.get(primary) ?? 0) + 1);
	}
	return { memberCount, responseCount: answers.length, messages, errorCount, keys, primaryKeys };
}

function tryDecode(payload: Uint8Array): KeyResponse | undefined {
	try {
		return payload[0] === serfType.keyResponse ? decodeKeyResponse(payload) : undefined;
	} catch {
		return undefined;
	}
}

function encodeResponse(response: KeyResponse): Uint8Array {
	return encode(keyResponse, response, serfType.keyResponse);
}

function base64(key: Uint8Array): string {
	return Buffer.from(key).toString("base64");
}
