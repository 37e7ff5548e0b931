import { Resolver } from "node:dns/promises";
import { errorCode } from "../../../lib/errors.ts";

/** `found`: there is an address; `unknown`: there is none; `silent`: nobody answers. */
export type DnsAnswer = "found" | "unknown" | "silent";

/** Asks the server at `host:port` for the address of a name. */
export async function askDns(server: string, name: string): Promise<DnsAnswer> {
	const resolver = new Resolver({ timeout: 1_000, tries: 2 });
	resolver.setServers([server]);
	try {
		await resolver.resolve4(name);
		return "found";
	} catch (error) {
		const code = errorCode(error);
		return code === "ENOTFOUND" || code === "ENODATA" || code === "EREFUSED" || code === "ESERVFAIL"
			? "unknown"
			: "silent";
	}
}
