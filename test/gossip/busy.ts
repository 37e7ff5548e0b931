import type { TestAgent } from "../agent/support.ts";
import { type Background, background } from "../support/programs.ts";

/** Fills the agent with what is answered as about 31 MB: a list of keys, and the nodes. Gives the questions. */
export async function fillWithLargeAnswers({ client, httpAddress }: TestAgent): Promise<readonly string[]> {
	const value = new Uint8Array(384 * 1024).fill(120);
	for (let at = 0; at < 60; at++) await client.kv.put(`large/${at}`, value);
	const NodeMeta = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`key-${at}`, "m".repeat(500)]));
	for (let at = 0; at < 1_000; at++)
		await client.catalog.register({ Node: `large-${at}`, Address: "192.0.2.1", NodeMeta });
	return [`http://${httpAddress}/v1/kv/large?recurse`, `http://${httpAddress}/v1/catalog/nodes`];
}

/** Asks again and again, each question from two clients; one of them takes compressed answers. Output: a line with the size for each answer. */
export function askForEver(questions: readonly string[]): readonly Background[] {
	return questions.flatMap((question) =>
		["", "--compressed "].map((option) =>
			forEver(`curl -s ${option}-o /dev/null -w '%{size_download}\\n' '${question}'`),
		),
	);
}

/** Changes what the questions read, so that their answers are encoded anew and not sent from memory. */
export function changeForEver({ httpAddress }: TestAgent): Background {
	const put = (path: string, body: string) => `curl -s -o /dev/null -X PUT -d '${body}' 'http://${httpAddress}${path}'`;
	const node = '{"Node": "large-0", "Address": "192.0.2.\'$((i % 250))\'"}';
	return forEver(
		`i=$((i + 1)); ${put("/v1/kv/large/change", "'$i'")}; ${put("/v1/catalog/register", node)}; sleep 0.1`,
	);
}

function forEver(command: string): Background {
	return background("sh", ["-c", `while :; do ${command}; done`]);
}
