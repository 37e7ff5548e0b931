import type { Metadata } from "./metadata.ts";

/** Consul 1.14's limits for the metadata of a service. */
const pairsMax = 64;
const keyBytesMax = 128;
const valueBytesMax = 512;
const reservedPrefix = "consul-";

/** Keys that say what to register instead of describing it. */
const steering = new Set(["drain", "enable_tag_override", "id", "ignore", "name", "network", "register", "tags"]);

interface MetaResult {
	readonly meta: Readonly<Record<string, string>>;
	readonly warnings: readonly string[];
}

/**
 * What is left of the metadata after the keys that steer: the service's Meta.
 *
 * With `compat` only `name`, `id` and `tags` are taken out and nothing is checked: settings of checks stay in, and one key that
 * the registry refuses loses the whole registration. By default both are mended, each left-out key with a warning.
 */
export function serviceMeta(metadata: Metadata, compat: boolean): MetaResult {
	if (compat) {
		const kept = [...metadata.values].filter(([key]) => key !== "name" && key !== "id" && key !== "tags");
		return { meta: Object.fromEntries(kept), warnings: [] };
	}
	const meta: Record<string, string> = {};
	const warnings: string[] = [];
	for (const [key, value] of metadata.values) {
		if (steering.has(key) || key.startsWith("check_")) continue;
		const refusal = Object.keys(meta).length >= pairsMax ? `more than ${pairsMax} keys` : refusalOf(key, value);
		if (refusal === undefined) meta[key] = value;
		else warnings.push(`SERVICE_${key.toUpperCase()} cannot be Meta: ${refusal}; left out`);
	}
	return { meta, warnings };
}

function refusalOf(key: string, value: string): string | undefined {
	if (!/^[a-zA-Z0-9_-]+$/.test(key)) return "only letters, digits, - and _ may stand in a key";
	if (key.length > keyBytesMax) return `the key is longer than ${keyBytesMax} characters`;
	if (key.startsWith(reservedPrefix)) return `keys that begin with ${reservedPrefix} are the registry's own`;
	if (Buffer.byteLength(value) > valueBytesMax) return `the value is longer than ${valueBytesMax} bytes`;
	return undefined;
}
