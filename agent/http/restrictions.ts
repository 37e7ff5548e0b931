import { ipNetworks } from "../../lib/ip-networks.ts";
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
	const writers = ipNetworks(allowWriteFrom);
	return {
		ofPath: (path) => (blockEndpoints.some((prefix) => path.startsWith(prefix)) ? blocked : undefined),
		ofWrite(address) {
			return writers.isEmpty || address === "" || writers.has(address) ? undefined : restricted;
		},
	};
}
