import type { Container } from "./container.ts";

/** What `SERVICE_*` says about one port of a container; keys in lower case without prefix and port. */
export interface Metadata {
	readonly values: ReadonlyMap<string, string>;
	/** Keys that were given for this very port (`SERVICE_80_NAME`), which some rules treat differently. */
	readonly ofPort: ReadonlySet<string>;
}

const prefix = "SERVICE_";

/**
 * Variables first, then labels; the later one wins, so a label beats a variable even where the label is the image's.
 * A key for the port beats the general one, wherever either comes from. Upper-case names only.
 */
export function metadataOfPort(container: Container, innerPort: number): Metadata {
	const values = new Map<string, string>();
	const ofPort = new Set<string>();
	for (const [name, value] of sources(container)) {
		if (!name.startsWith(prefix)) continue;
		const key = name.slice(prefix.length).toLowerCase();
		const match = /^(\d+)_(.*)$/s.exec(key);
		if (match === null) {
			if (!ofPort.has(key)) values.set(key, value);
		} else if (match[1] === String(innerPort) && match[2] !== undefined) {
			values.set(match[2], value);
			ofPort.add(match[2]);
		}
	}
	return { values, ofPort };
}

/** The value of a key, or undefined when it is absent or empty: the two mean the same for all keys that steer. */
export function metadataValue(metadata: Metadata, key: string): string | undefined {
	return metadata.values.get(key) || undefined;
}

function* sources(container: Container): Iterable<readonly [string, string]> {
	for (const variable of container.environment) {
		const equals = variable.indexOf("=");
		if (equals > 0) yield [variable.slice(0, equals), variable.slice(equals + 1)];
	}
	yield* Object.entries(container.labels);
}
