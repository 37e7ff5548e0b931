import { parseFlags } from "../lib/flags.ts";
import { parseListenAddress } from "./config/index.ts";
import { type Status, statusText } from "./status.ts";

/** Longest wait for the answer of a program on this machine. */
const answerMs = 5_000;

/**
 * `disco-template status [-http ADDR] [-json]`: what a running program says. Resolves with 0 when it is ready and 1 when it is
 * not. Throws what the flags, the address and the connection have to say.
 */
export async function statusCommand(args: readonly string[], print: (text: string) => void): Promise<number> {
	const { values, rest } = parseFlags(args, {
		http: { kind: "string", usage: "address that the running program was given as -http" },
		json: { kind: "bool", usage: "print the answer as it came" },
	});
	const given = values.http ?? rest[0] ?? process.env["DISCO_TEMPLATE_HTTP"];
	if (given === undefined) throw new Error("status: say where the running program listens: -http [HOST:]PORT");
	const { host, port } = parseListenAddress(given);
	const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/v1/templates`;
	const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) }).catch(() => undefined);
	if (answer?.ok !== true)
		throw new Error(`status: no answer from ${url}: is disco-template running with -http ${given}?`);
	const status = (await answer.json()) as Status;
	print(values.json === true ? `${JSON.stringify(status, null, "\t")}\n` : statusText(status));
	return status.Ready ? 0 : 1;
}
