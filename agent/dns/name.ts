import type { IpAddress } from "../../lib/ip-address.ts";
import { recordType } from "./records.ts";

/** What a name inside the zone asks for. `datacenter` is empty for the agent's own. Texts are in lower case. */
export type NameQuery =
	| { readonly kind: "service"; readonly service: string; readonly tag: string; readonly datacenter: string }
	| { readonly kind: "node"; readonly node: string; readonly datacenter: string }
	| { readonly kind: "query"; readonly query: string; readonly datacenter: string }
	| { readonly kind: "address"; readonly address: IpAddress }
	/** The name exists without records. */
	| { readonly kind: "empty" }
	| { readonly kind: "nothing"; readonly reason: string };

/** A name that lies in one of the served domains. */
export interface ZoneName {
	/** What is left of the domain, in lower case. */
	readonly labels: readonly string[];
	/** The domain as the question spelt it; answers repeat that. */
	readonly domain: string;
	/** Which of the domains it is, as given (lower case). */
	readonly zone: string;
}

/**
 * Finds the served domain that the name lies in: the longest, when the alternative domain lies inside the domain or the other
 * way round. Undefined when it is outside. `domains` are in lower case without dots at the ends.
 */
export function zoneNameOf(name: string, domains: readonly string[]): ZoneName | undefined {
	const lower = name.toLowerCase();
	const zone = domains
		.filter((domain) => domain !== "" && (lower === domain || lower.endsWith(`.${domain}`)))
		.reduce((longest, domain) => (domain.length > longest.length ? domain : longest), "");
	if (zone === "") return undefined;
	const left = lower.slice(0, -zone.length - 1);
	return {
		labels: lower.length === zone.length ? [] : left.split("."),
		domain: name.slice(-zone.length),
		zone,
	};
}

const kindLabels: ReadonlySet<string> = new Set([
	"service",
	"connect",
	"virtual",
	"ingress",
	"node",
	"query",
	"addr",
] as const);

/**
 * What the labels of a zone name ask for (lower case, without the domain). Read from the right until a label that names a kind;
 * right of it stands the datacenter, left of it all the rest. `_name._tag.<domain>` without a kind is a service, for SRV only.
 */
export function parseName(labels: readonly string[], type: number): NameQuery {
	for (let at = labels.length - 1; at >= 0; at--) {
		const label = labels[at] ?? "";
		if (kindLabels.has(label)) return parseKind(label, labels.slice(0, at), labels.slice(at + 1));
		if (type === recordType.SRV && label.startsWith("_")) {
			return parseKind("service", labels.slice(0, at + 1), labels.slice(at + 1));
		}
	}
	return { kind: "nothing", reason: "no label says what is asked for (service, node, query, addr)" };
}

function parseKind(kind: string, left: readonly string[], right: readonly string[]): NameQuery {
	if (left.length === 0) return { kind: "nothing", reason: `nothing stands before .${kind}` };
	if (kind === "addr") return parseAddress(left);
	const datacenter = parseDatacenter(right, kind);
	if (datacenter === undefined) return { kind: "nothing", reason: `"${right.join(".")}" is not a datacenter` };
	switch (kind) {
		case "service":
			return { kind: "service", ...parseService(left), datacenter };
		case "node":
			return { kind: "node", node: left.join("."), datacenter };
		case "query":
			return { kind: "query", query: left.join("."), datacenter };
		case "virtual":
			// The mesh's virtual addresses: the reference knows the name of every service, and none has an address without mesh.
			return { kind: "empty" };
		default:
			return { kind: "nothing", reason: `service mesh names (.${kind}) are not served` };
	}
}

/** Nothing, `<datacenter>`, or `<datacenter>.dc` (the last not for prepared queries). */
function parseDatacenter(right: readonly string[], kind: string): string | undefined {
	if (right.length <= 1) return right[0] ?? "";
	return right.length === 2 && right[1] === "dc" && kind !== "query" ? right[0] : undefined;
}

/** RFC 2782's `_service._proto`, where the protocol other than tcp is a tag; or `[tag.]service`, the tag with any dots it has. */
function parseService(left: readonly string[]): { service: string; tag: string } {
	const [first = "", second = ""] = left;
	if (left.length === 2 && first.startsWith("_") && second.startsWith("_")) {
		const tag = second.slice(1);
		return { service: first.slice(1), tag: tag === "tcp" ? "" : tag };
	}
	return { service: left.at(-1) ?? "", tag: left.slice(0, -1).join(".") };
}

/**
 * The reference looks at half the number of digits before it reads them, so 9 digits are taken for a broken IPv4 address (no
 * such name) while 6 are an address of no known kind (a name without records).
 */
function parseAddress(left: readonly string[]): NameQuery {
	const [digits = ""] = left;
	if (left.length !== 1) return { kind: "nothing", reason: "an address is one label of 8 or 32 hex digits" };
	const bytesCount = Math.floor(digits.length / 2);
	if (bytesCount !== 4 && bytesCount !== 16) return { kind: "empty" };
	if (!/^(?:[0-9a-f]{2})+$/.test(digits)) return { kind: "nothing", reason: `"${digits}" is not hexadecimal` };
	// 32 digits are IPv6 even where they spell an IPv4-mapped address: the length says the family.
	return { kind: "address", address: { version: bytesCount === 4 ? 4 : 6, bytes: Buffer.from(digits, "hex") } };
}
