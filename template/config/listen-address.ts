import { DiscoError } from "../../lib/errors.ts";

/** `PORT`, `:PORT` or `HOST:PORT`; without a host the loopback address. Error: `ADDRESS_INVALID`. */
export function parseListenAddress(text: string): { readonly host: string; readonly port: number } {
	const match = /^(?:(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]*)):)?(?<port>\d{1,5})$/.exec(text.trim());
	const port = Number(match?.groups?.["port"] ?? Number.NaN);
	if (!(port <= 65_535)) {
		throw new DiscoError("ADDRESS_INVALID", `http: "${text}" is not an address to listen at; write PORT or HOST:PORT`);
	}
	return { host: match?.groups?.["v6"] || match?.groups?.["host"] || "127.0.0.1", port };
}
