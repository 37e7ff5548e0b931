import { between } from "../../lib/env/fake.ts";
import type { Random } from "../../lib/env/index.ts";

export interface FuzzQuestion {
	readonly name: string;
	readonly type: number;
	readonly class: number;
	readonly opcode: number;
	/** RD, and CD or AD or Z bits as they may come. */
	readonly flags: number;
	readonly tcp: boolean;
	/** Absent: no OPT record. */
	readonly edns?: { readonly udpSizeBytes: number; readonly dnssecOk: boolean; readonly subnet?: string };
}

/** What there is to ask for. */
export interface Vocabulary {
	readonly nodes: readonly string[];
	readonly services: readonly string[];
	readonly tags: readonly string[];
	readonly queries: readonly string[];
	readonly addresses: readonly string[];
	readonly domains: readonly string[];
	/** Names that only the recursor knows. */
	readonly outside: readonly string[];
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
	return items[between(random, 0, items.length - 1)] as Item;
}

export function chance(random: Random, part: number): boolean {
	return random.next() < part;
}

const types = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, AXFR: 252, ANY: 255 };
const usualTypes = [1, 1, 1, 28, 33, 33, 33, 16, 255, 255, 5, 2, 6, 12, 15, 65, 64, 257, 252, 251, 99, 46, 48, 0, 3];

export function randomQuestion(random: Random, known: Vocabulary): FuzzQuestion {
	const edns = chance(random, 0.4)
		? {
				udpSizeBytes: pick(random, [0, 100, 511, 512, 513, 600, 700, 1024, 1232, 1400, 4096, 8192, 65_535]),
				dnssecOk: chance(random, 0.2),
				...(chance(random, 0.2)
					? { subnet: pick(random, ["10.1.2.0/24", "198.51.100.7/32", "0.0.0.0/0", "2001:db8::/32"]) }
					: {}),
			}
		: undefined;
	return {
		name: oddCase(random, randomName(random, known)),
		type: pick(random, usualTypes),
		class: chance(random, 0.05) ? pick(random, [3, 4, 255, 0]) : 1,
		opcode: chance(random, 0.03) ? pick(random, [1, 2, 4, 5]) : 0,
		flags:
			(chance(random, 0.8) ? 0x0100 : 0) |
			(chance(random, 0.05) ? pick(random, [0x10, 0x20, 0x40, 0x80, 0x400, 0x200]) : 0),
		tcp: chance(random, 0.3),
		...(edns === undefined ? {} : { edns }),
	};
}

function randomName(random: Random, known: Vocabulary): string {
	const domain = pick(random, known.domains);
	const service = () =>
		chance(random, 0.93) ? pick(random, known.services) : pick(random, ["nothing", "", "*", "a.b"]);
	const tag = () => (chance(random, 0.85) ? pick(random, known.tags) : pick(random, ["tcp", "udp", "none"]));
	const datacenter = () =>
		pick(random, ["", "", "", "", ".dc1", ".dc1", ".DC1", ".dc2", ".dc1.dc", ".dc2.dc", ".dc1.x"]);
	switch (between(random, 0, 19)) {
		case 0:
		case 1:
		case 2:
		case 3:
		case 4:
			return `${service()}.service${datacenter()}.${domain}`;
		case 5:
		case 6:
			return `${tag()}.${service()}.service${datacenter()}.${domain}`;
		case 7:
			return `_${service()}._${tag()}.service${datacenter()}.${domain}`;
		case 8:
			return `_${service()}._${tag()}${datacenter()}.${domain}`;
		case 9:
		case 10:
			return `${chance(random, 0.9) ? pick(random, known.nodes) : "nobody"}.node${datacenter()}.${domain}`;
		case 11:
		case 12:
			return `${chance(random, 0.9) ? pick(random, known.queries) : "nobody"}.query${datacenter()}.${domain}`;
		case 13:
			return `${addressLabel(random, known)}.addr${datacenter()}.${domain}`;
		case 14:
		case 15:
			return reverseName(pick(random, known.addresses), random);
		case 16:
			return chance(random, 0.5)
				? domain
				: `${pick(random, ["ns", "service", "node", "x", "ns.x", "query", "addr", "dc1"])}.${domain}`;
		case 17:
			return `${service()}.${pick(random, ["connect", "virtual", "ingress", "addr", "foo"])}${datacenter()}.${domain}`;
		case 18:
			return known.outside.length > 0 ? pick(random, known.outside) : "example.com";
		default:
			return Array.from({ length: between(random, 1, 5) }, () =>
				pick(random, [
					"_web",
					"_tcp",
					"service",
					"node",
					"query",
					"addr",
					"web",
					"dc1",
					"dc",
					"n1",
					"0a000001",
					"é",
					"a b",
					"x".repeat(63),
					"ns",
					"_v1",
					"q1",
					"*",
					"a",
				]),
			)
				.concat([domain])
				.join(".");
	}
}

function addressLabel(random: Random, { addresses }: Vocabulary): string {
	const address = pick(random, addresses);
	const odd = [
		"0a0001",
		"0a00000g",
		"0a00000",
		"0a000001ff",
		"",
		"2001db8000000000000000000000000",
		"z".repeat(32),
		"00000000000000000000ffff0a000001",
	];
	if (chance(random, 0.3)) return pick(random, odd);
	return address.includes(":")
		? expanded(address)
		: address
				.split(".")
				.map((part) => Number(part).toString(16).padStart(2, "0"))
				.join("");
}

function reverseName(address: string, random: Random): string {
	if (chance(random, 0.15))
		return pick(random, [
			"1.in-addr.arpa",
			"in-addr.arpa",
			"arpa",
			"1.2.3.4.5.in-addr.arpa",
			"300.1.1.10.in-addr.arpa",
			"01.0.0.10.in-addr.arpa",
			"x.ip6.arpa",
			"1.0.ip6.arpa",
			"1.0.0.127.in-addr.arpa",
		]);
	if (address.includes(":")) return `${[...expanded(address)].reverse().join(".")}.ip6.arpa`;
	return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
}

/** 32 hex digits. */
function expanded(address: string): string {
	const [head = "", tail] = address.split("::");
	const groups = (text: string) => (text === "" ? [] : text.split(":"));
	const [left, right] = [groups(head), groups(tail ?? "")];
	const missing = tail === undefined ? 0 : 8 - left.length - right.length;
	return [...left, ...Array.from({ length: missing }, () => "0"), ...right]
		.map((group) => group.padStart(4, "0"))
		.join("");
}

function oddCase(random: Random, name: string): string {
	if (!chance(random, 0.15)) return name;
	return [...name].map((letter) => (chance(random, 0.4) ? letter.toUpperCase() : letter)).join("");
}

/** The packet that asks; labels are what stands between dots, empty ones are left out. */
export function questionPacket({ name, type, class: dnsClass, opcode, flags, edns }: FuzzQuestion, id: number): Buffer {
	const header = Buffer.alloc(12);
	header.writeUInt16BE(id, 0);
	header.writeUInt16BE((opcode << 11) | flags, 2);
	header.writeUInt16BE(1, 4);
	header.writeUInt16BE(edns === undefined ? 0 : 1, 10);
	const labels = name.split(".").filter((label) => label !== "");
	const wire = labels.flatMap((label) => [Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)]);
	const tail = Buffer.from([0, type >> 8, type & 0xff, dnsClass >> 8, dnsClass & 0xff]);
	return Buffer.concat([header, ...wire, tail, edns === undefined ? Buffer.alloc(0) : optRecord(edns)]);
}

function optRecord({ udpSizeBytes, dnssecOk, subnet }: NonNullable<FuzzQuestion["edns"]>): Buffer {
	const option = subnet === undefined ? Buffer.alloc(0) : subnetOption(subnet);
	const opt = Buffer.alloc(11);
	opt.writeUInt16BE(41, 1);
	opt.writeUInt16BE(udpSizeBytes, 3);
	opt.writeUInt16BE(dnssecOk ? 0x8000 : 0, 7);
	opt.writeUInt16BE(option.length, 9);
	return Buffer.concat([opt, option]);
}

function subnetOption(subnet: string): Buffer {
	const [address = "", prefix = "0"] = subnet.split("/");
	const bytes = address.includes(":")
		? Buffer.from(expanded(address), "hex")
		: Buffer.from(address.split(".").map(Number));
	const content = bytes.subarray(0, Math.ceil(Number(prefix) / 8));
	const head = Buffer.alloc(8);
	head.writeUInt16BE(8, 0);
	head.writeUInt16BE(4 + content.length, 2);
	head.writeUInt16BE(address.includes(":") ? 2 : 1, 4);
	head[6] = Number(prefix);
	return Buffer.concat([head, content]);
}

export function describeQuestion(question: FuzzQuestion): string {
	const type = Object.entries(types).find(([, number]) => number === question.type)?.[0] ?? `TYPE${question.type}`;
	const edns = question.edns === undefined ? "" : ` edns ${JSON.stringify(question.edns)}`;
	return `${question.tcp ? "tcp" : "udp"} ${question.name} ${type} class ${question.class} opcode ${question.opcode} flags ${question.flags.toString(16)}${edns}`;
}
