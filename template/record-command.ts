import type { Logger } from "../lib/log/index.ts";
import type { RuntimeConfig } from "./config/index.ts";
import { prepareSession } from "./session.ts";

/**
 * `disco-template record [options]`: renders once without writing, and prints the data that the templates were made from, as
 * `test` reads them. Resolves with the exit status of `-once`. The data are as secret as the keys they come from.
 */
export async function record(config: RuntimeConfig, log: Logger, print: (text: string) => void): Promise<number> {
	const received = new Map<string, unknown>();
	const session = await prepareSession(config, log, {
		strict: true,
		print: () => {},
		onData: (id, value) => received.set(id, value),
	});
	const code = await session.run();
	if (code !== 0) return code;
	const used = new Set(session.status().Templates.flatMap(({ Dependencies }) => Dependencies));
	const ids = [...used].filter((id) => received.has(id)).sort();
	// A count above 2^53 is exact in the records only as a bigint; a fixture needs no more than its digits.
	const plain = (_key: string, value: unknown) => (typeof value === "bigint" ? Number(value) : value);
	print(`${JSON.stringify(Object.fromEntries(ids.map((id) => [id, received.get(id)])), plain, "\t")}\n`);
	return 0;
}
