import { BlockList, isIP } from "node:net";
import type { HttpConfig } from "./options.ts";
import { plainText, type Reply } from "./reply.ts";

/** What `http_config` forbids, asked before each request to a known path. */
export interface Restrictions {
	/** The refusal, or undefined. Before the method is looked at. */
	ofPath(path: string): Reply | undefined;
	/** The refusal of a method that writes; `address` is the connection's, empty for a Unix socket. */
	ofWrite(address: string): Reply | undefined;
}

const blocked = plainText(403, "Endpoint is blocked by agent configuration");
const restricted = plainText(403, "Access is restricted");

export function createRestrictions({ blockEndpoints = [], allowWriteFrom = [] }: HttpConfig): Restrictions {
	const writers = networks(allowWriteFrom);
	return {
		ofPath: (path) => (blockEndpoints.some((prefix) => path.startsWith(prefix)) ? blocked : undefined),
		ofWrite(address) {
			if (allowWriteFrom.length === 0 || address === "") return undefined;
			const bare = address.replace(/^::ffff:(?=\d+\.)/i, "");
			return writers.check(bare, isIP(bare) === 6 ? "ipv6" : "ipv4") ? undefined : restricted;
		},
	};
}

/** Networks as the configuration has them: address, slash, prefix length. */
function networks(texts: readonly string[]): BlockList {
	const list = new BlockList();
	for (const text of texts) {
		const [address = "", prefix = ""] = text.split("/");
		list.addSubnet(address, Number(prefix), isIP(address) === 6 ? "ipv6" : "ipv4");
	}
	return list;
}
