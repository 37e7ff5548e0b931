import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Address } from "../../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";

/**
 * The addresses that `HOST`, `HOST:PORT`, `IPv6` or `[IPv6]:PORT` stands for: a name stands for all of its addresses. Fails with
 * `JOIN_ADDRESS_INVALID`, or `JOIN_ADDRESS_UNKNOWN` when a name has none (yet).
 */
export async function resolveJoinAddress(text: string, defaultPort: number): Promise<readonly Address[]> {
	const { host, port } = splitAddress(text, defaultPort);
	if (isIP(host) !== 0) return [{ host, port }];
	try {
		const found = await lookup(host, { all: true });
		return found.map(({ address }) => ({ host: address, port }));
	} catch (error) {
		throw new DiscoError("JOIN_ADDRESS_UNKNOWN", `${host} has no address: ${errorMessage(error)}`, { retryable: true });
	}
}

export function splitAddress(text: string, defaultPort: number): Address {
	const bracketed = /^\[([0-9a-fA-F:.]+)\](?::(\d{1,5}))?$/.exec(text);
	const plain = /^([^:\s[\]]+)(?::(\d{1,5}))?$/.exec(text);
	const [, host = "", port = String(defaultPort)] = bracketed ?? plain ?? (isIP(text) === 6 ? ["", text] : []);
	const portNumber = Number(port);
	if (host === "" || portNumber < 1 || portNumber > 65_535)
		throw new DiscoError(
			"JOIN_ADDRESS_INVALID",
			`"${text}" is no address of an agent; give HOST, HOST:PORT or [IPv6]:PORT`,
		);
	return { host, port: portNumber };
}
