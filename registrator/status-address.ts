import { DiscoError } from "../lib/errors.ts";

/** Reads `host:port`, `:port` or `port` (then of this machine only). Error: `OPTION_INVALID`. */
export function parseStatusAddress(text: string): { readonly host: string; readonly port: number } {
	const match = /^(?:(\[[^\]]+\]|[^:]*):)?(\d{1,5})$/.exec(text);
	const port = Number(match?.[2]);
	if (match === null || port > 65_535) {
		throw new DiscoError("OPTION_INVALID", `-http: "${text}" is not an address; write 127.0.0.1:9099 or :9099`);
	}
	const host = match[1] === undefined ? "127.0.0.1" : match[1].replace(/^\[|\]$/g, "") || "0.0.0.0";
	return { host, port };
}
