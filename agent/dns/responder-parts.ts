import type { Clock, Random } from "../../lib/env/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { Endpoints } from "../rpc/index.ts";
import type { DnsOptions } from "./options.ts";
import type { PreparedQueries } from "./prepared-queries.ts";

/** What answers are made from; the sockets come with `server.ts`. */
export interface ResponderParts {
	readonly endpoints: Endpoints;
	/** Absent until prepared queries exist: their names are then unknown. */
	readonly queries?: PreparedQueries;
	/** Asked for every question, so that a reload takes effect at once. */
	readonly options: () => DnsOptions;
	readonly datacenter: string;
	/** The token that lookups are made with (the agent's default one); empty for the anonymous. */
	readonly token?: () => string;
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
}
