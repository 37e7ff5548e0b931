import { DiscoError } from "../lib/errors.ts";
import type { Container } from "./container.ts";

/** What `SERVICE_*` says about one port of a container; keys in lower case without prefix and port. */
export interface Metadata {
	readonly values: ReadonlyMap<string, string>;
	/** Keys that were given for ports (`SERVICE_80_NAME`), which some rules treat differently. */
	readonly ofPort: ReadonlySet<string>;
}

/** How metadata is told from other variables and labels. */
export interface MetadataSpelling {
	/** Of variables and labels, with the underscore: `SERVICE_`. */
	readonly prefix: string;
	/** Of labels in reverse-DNS spelling, with the dot: `disco.service.`; empty: there are none. */
	readonly labelPrefix: string;
	/** Whether ports may be named by lists and ranges (`SERVICE_80,9300-9400_NAME`) and with a protocol (`SERVICE_53_UDP_NAME`). */
	readonly portSets: boolean;
}

/**
 * The usual spelling with what `-prefix` replaces: `ACME` stands for `SERVICE`, `com.acme.service` for `disco.service`. As in the
 * reference, `compat` knows only `SERVICE_` and single ports unless `-prefix` is given. Error: `OPTION_INVALID`.
 */
export function metadataSpelling(prefixes: readonly string[], compat: boolean): MetadataSpelling {
	let prefix = "SERVICE_";
	let labelPrefix = compat ? "" : "disco.service.";
	for (const given of prefixes) {
		if (/^[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+$/.test(given)) labelPrefix = `${given}.`;
		else if (/^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*_?$/.test(given)) prefix = given.endsWith("_") ? given : `${given}_`;
		else {
			throw new DiscoError(
				"OPTION_INVALID",
				`-prefix: "${given}" is no prefix; write ACME (for ACME_NAME) or com.acme.service (for com.acme.service.name)`,
			);
		}
	}
	return { prefix, labelPrefix, portSets: !compat };
}

/** How closely a key speaks of a port: more beats less, and of two alike the later one wins. */
type Closeness = 0 | 1 | 2 | 3 | 4;

/** A port as metadata speaks of it. */
interface NamedPort {
	readonly innerPort: number;
	/** `tcp`, `udp` or `sctp`. */
	readonly protocol: string;
}

/**
 * Variables first, then labels, then labels in reverse-DNS spelling; the later one wins, so a label beats a variable even where
 * the label is the image's. A key for the port with its protocol beats one for the port, which beats one for several ports, which
 * beats the general one, wherever they come from.
 */
export function metadataOfPort(container: Container, port: NamedPort, spelling: MetadataSpelling): Metadata {
	const values = new Map<string, string>();
	const closest = new Map<string, Closeness>();
	for (const [key, value] of sources(container, spelling)) {
		const { name, closeness } = keyForPort(key, port, spelling);
		if (name === undefined || closeness < (closest.get(name) ?? 0)) continue;
		values.set(name, value);
		closest.set(name, closeness);
	}
	const ofPort = [...closest].filter(([, closeness]) => closeness > 0).map(([name]) => name);
	return { values, ofPort: new Set(ofPort) };
}

/** The value of a key, or undefined when it is absent or empty: the two mean the same for all keys that steer. */
export function metadataValue(metadata: Metadata, key: string): string | undefined {
	return metadata.values.get(key) || undefined;
}

function keyForPort(
	key: string,
	{ innerPort, protocol }: NamedPort,
	{ portSets }: MetadataSpelling,
): { readonly name: string | undefined; readonly closeness: Closeness } {
	if (!portSets) {
		const match = referenceKey.exec(key);
		if (match === null) return { name: key, closeness: 0 };
		return { name: match[1] === String(innerPort) ? match[2] : undefined, closeness: 3 };
	}
	const match = portsKey.exec(key);
	if (match?.[1] === undefined) return { name: key, closeness: 0 };
	const [, ports, ofProtocol, name] = match;
	const holds = holdsPort(ports, innerPort) && (ofProtocol === undefined || ofProtocol === protocol);
	const several = /\D/.test(ports);
	const closeness = ofProtocol === undefined ? (several ? 1 : 3) : several ? 2 : 4;
	return { name: holds ? name : undefined, closeness };
}

/** In the reference whatever Go's Atoi reads as a number is a port, with its sign. */
const referenceKey = /^([+-]?\d{1,18})_(.*)$/s;
/** Ports, protocol, key. */
const portsKey = /^(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)_(?:(tcp|udp|sctp)_)?(.*)$/s;

function holdsPort(set: string, port: number): boolean {
	return set.split(",").some((part) => {
		const [first, last = first] = part.split("-").map(Number);
		return first !== undefined && last !== undefined && first <= port && port <= last;
	});
}

function* sources(
	container: Container,
	{ prefix, labelPrefix }: MetadataSpelling,
): Iterable<readonly [string, string]> {
	for (const variable of container.environment) {
		const equals = variable.indexOf("=");
		if (equals > 0 && variable.startsWith(prefix)) {
			yield [variable.slice(prefix.length, equals).toLowerCase(), variable.slice(equals + 1)];
		}
	}
	const labels = Object.entries(container.labels);
	for (const [label, value] of labels) {
		if (label.startsWith(prefix)) yield [label.slice(prefix.length).toLowerCase(), value];
	}
	for (const [label, value] of labelPrefix === "" ? [] : labels) {
		// `disco.service.5000.check.http` is `SERVICE_5000_CHECK_HTTP`.
		if (label.startsWith(labelPrefix))
			yield [label.slice(labelPrefix.length).toLowerCase().replaceAll(".", "_"), value];
	}
}
