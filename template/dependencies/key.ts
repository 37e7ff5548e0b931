import { kvBytes } from "../../client/index.ts";
import { textOfBytes } from "../gotmpl/index.ts";
import { answered, type Dependency, withDatacenter } from "./dependency.ts";
import { dependencyId, grammarOf, marked, matchArgument, pieces } from "./query-text.ts";

const grammar = grammarOf(pieces.key, pieces.query, pieces.datacenter);

/** The value of a key as text. Missing: unanswered, so that `key` waits. Error: `DEPENDENCY_FORMAT`. */
export function keyDependency(text: string): Dependency {
	return keyValue("kv.block", text, undefined);
}

/** The same for `keyExists` and `keyOrDefault`: a missing key is an answer too, null. Error: `DEPENDENCY_FORMAT`. */
export function optionalKeyDependency(text: string): Dependency {
	return keyValue("kv.get", text, null);
}

function keyValue(kind: string, text: string, missing: null | undefined): Dependency {
	const { key = "", datacenter } = matchArgument(grammar, text, "kv.get");
	return {
		id: dependencyId(kind, key, marked("@", datacenter)),
		...(datacenter === undefined ? { key } : {}),
		async fetch({ client }, options) {
			const answer = await client.kv.get(key, withDatacenter(options, datacenter));
			return answered(answer, answer.value === undefined ? missing : textOfBytes(kvBytes(answer.value)));
		},
	};
}
