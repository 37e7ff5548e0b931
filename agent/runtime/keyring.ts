import { errorMessage } from "../../lib/errors.ts";
import type {
	KeyringPoolReport,
	KeyringQuestion,
	KeyringReport,
	OperatorEndpoints,
	WriteOptions,
} from "../rpc/index.ts";
import type { LanPool } from "./pool/index.ts";

/**
 * The keys of every pool that a server can reach: of the pool of all datacenters' servers, its own datacenter's, and through their
 * servers those of the other datacenters. A pool that cannot be asked is told as one that failed.
 */
export function askKeyrings(parts: {
	readonly datacenter: string;
	readonly pool: () => LanPool | undefined;
	/** This one among them. */
	readonly datacenters: () => readonly string[];
	/** Fails with `DATACENTER_UNKNOWN`. */
	readonly operatorOf: (datacenter: string) => OperatorEndpoints;
}): (question: KeyringQuestion, options: WriteOptions) => Promise<readonly KeyringPoolReport[]> {
	const { datacenter: own } = parts;

	async function elsewhere(datacenter: string, question: KeyringQuestion, options: WriteOptions) {
		try {
			const asked = parts.operatorOf(datacenter).keyring;
			return (await asked?.({ ...question, isForwarded: true }, { ...options, datacenter })) ?? [];
		} catch (error) {
			return [{ ...nothing, datacenter, error: errorMessage(error) }];
		}
	}

	return async (question, options) => {
		const { operation, localOnly, isForwarded, ...rest } = question;
		const lan = parts.pool();
		if (lan === undefined) return [{ ...nothing, datacenter: own, error: "this agent is in no pool" }];
		const here = async () => [poolReport(own, false, await lan.keyring(operation, rest))];
		const { wan } = lan;
		if (localOnly || isForwarded || wan === undefined) return here();
		const others = parts.datacenters().filter((each) => each !== own);
		const all = await Promise.all([
			wan.keyring(operation, rest).then((report) => [poolReport(own, true, report)]),
			here(),
			...others.map((each) => elsewhere(each, question, options)),
		]);
		return all.flat();
	};
}

const nothing = { isWan: false, memberCount: 0, messages: {}, keys: {}, primaryKeys: {} } as const;

function poolReport(datacenter: string, isWan: boolean, report: KeyringReport): KeyringPoolReport {
	const { memberCount, errorCount, responseCount } = report;
	const failed = errorCount > 0 ? `${errorCount}/${memberCount} nodes reported failure` : "";
	const silent = responseCount < memberCount ? `${responseCount}/${memberCount} nodes answered` : "";
	return {
		isWan,
		datacenter,
		memberCount,
		messages: Object.fromEntries(report.messages),
		keys: Object.fromEntries(report.keys),
		primaryKeys: Object.fromEntries(report.primaryKeys),
		error: [failed, silent].filter((text) => text !== "").join(", "),
	};
}
