import type { WireReply } from "./sides.ts";

/** What two replies to the same request differ in. */
export interface Difference {
	readonly kind: "status" | "header" | "body" | "text" | "index";
	readonly where: string;
	readonly reference: unknown;
	readonly ours: unknown;
}

/** Never the same, or of no meaning to a client. */
const headersLeftOut = new Set([
	"date",
	"content-length",
	"connection",
	"keep-alive",
	"x-consul-lastcontact",
	"transfer-encoding",
	"x-consul-query-backend",
	"x-consul-contenthash",
	"age",
]);
const indexHeader = "X-Consul-Index";
const isIndexField = /(?:^|\.)(?:CreateIndex|ModifyIndex|Index)$/;

/** Compares replies of two agents that got the same requests, one after the other. */
export class Comparer {
	/** What an id of one side is on both: `{s0}`. */
	readonly #names: readonly [Map<string, string>, Map<string, string>] = [new Map(), new Map()];
	/** Which index of ours stands for one of the reference. */
	readonly #indexes = new Map<number, number>();
	readonly #masks: readonly [RegExp, RegExp];

	/** `masks`: what only one of the agents says of itself, such as its address. */
	constructor(masks: readonly [RegExp, RegExp]) {
		this.#masks = masks;
	}

	/** From now on `reference` of the one and `ours` of the other are the same thing. */
	learn(name: string, reference: string, ours: string): void {
		this.#names[0].set(name, reference);
		this.#names[1].set(name, ours);
	}

	/** A request's text with the names replaced by what one side calls them. */
	fill(text: string, side: 0 | 1): string {
		return text.replaceAll(/\{\w+\}/g, (name) => this.#names[side].get(name) ?? name);
	}

	has(name: string): boolean {
		return this.#names[0].has(name);
	}

	/** `unordered`: lists in the answer stand in no order that could be compared. */
	compare(reference: WireReply, ours: WireReply, unordered = false): readonly Difference[] {
		const differences: Difference[] = [];
		if (reference.status !== ours.status) {
			differences.push({ kind: "status", where: "", reference: reference.status, ours: ours.status });
		}
		differences.push(...this.#headers(reference, ours));
		const [left, right] = [this.#masked(reference.body, 0), this.#masked(ours.body, 1)];
		const isJson = (reply: WireReply) => (reply.headers.get("Content-Type") ?? "").startsWith("application/json");
		if (isJson(reference) && isJson(ours)) {
			const [a, b] = unordered ? [sorted(parse(left)), sorted(parse(right))] : [parse(left), parse(right)];
			this.#json(a, b, "", differences);
			if (differences.every(({ kind }) => kind === "index") && orderOf(a) !== orderOf(b)) {
				differences.push({ kind: "body", where: "order of fields", reference: orderOf(a), ours: orderOf(b) });
			}
		} else if (left !== right) {
			differences.push({
				kind:
					reference.status >= 400 && reference.status !== 404
						? "text"
						: reference.status === 404 && left !== "" && right !== ""
							? "text"
							: "body",
				where: "",
				reference: left,
				ours: right,
			});
		}
		return differences;
	}

	#headers(reference: WireReply, ours: WireReply): Difference[] {
		const differences: Difference[] = [];
		for (const name of new Set([...reference.headers.keys(), ...ours.headers.keys()])) {
			if (headersLeftOut.has(name.toLowerCase())) continue;
			const [a, b] = [reference.headers.get(name), ours.headers.get(name)];
			// On refusals the reference sends some of them by accident.
			const optional =
				reference.status >= 400 &&
				reference.status !== 404 &&
				/^X-(?:Cache|Consul-(?:Index|Knownleader|Effective))/.test(name);
			if (name === indexHeader) {
				// Only looked at, not learnt from: which of several writes an answer names is told by its records.
				if (a !== undefined && b !== undefined) this.#knownIndex(Number(a), Number(b), name, differences);
				else if (!optional) differences.push({ kind: "header", where: name, reference: a, ours: b });
			} else if (a !== b && !optional) {
				differences.push({ kind: "header", where: name, reference: a, ours: b });
			}
		}
		return differences;
	}

	#masked(text: string, side: 0 | 1): string {
		let masked = text.replaceAll(this.#masks[side], "{self}");
		for (const [name, value] of this.#names[side]) masked = masked.replaceAll(value, name);
		return masked.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "{uuid}");
	}

	#index(reference: number, ours: number, where: string, differences: Difference[]): void {
		if (reference < 2 || ours < 2) {
			if (reference !== ours) differences.push({ kind: "index", where, reference, ours });
			return;
		}
		const known = this.#indexes.get(reference);
		if (known === undefined) this.#indexes.set(reference, ours);
		else if (known !== ours)
			differences.push({ kind: "index", where, reference: `${reference} (= ours ${known})`, ours });
	}

	#knownIndex(reference: number, ours: number, where: string, differences: Difference[]): void {
		const known = this.#indexes.get(reference);
		if (known !== undefined && known !== ours) {
			differences.push({ kind: "index", where, reference: `${reference} (= ours ${known})`, ours });
		}
	}

	#json(reference: unknown, ours: unknown, where: string, differences: Difference[]): void {
		if (typeof reference === "number" && typeof ours === "number" && isIndexField.test(where)) {
			this.#index(reference, ours, where, differences);
			return;
		}
		if (Array.isArray(reference) && Array.isArray(ours)) {
			if (reference.length !== ours.length) {
				differences.push({ kind: "body", where: `${where}.length`, reference, ours });
				return;
			}
			for (const [at, each] of reference.entries()) this.#json(each, ours[at], `${where}[${at}]`, differences);
			return;
		}
		if (isObject(reference) && isObject(ours)) {
			for (const name of new Set([...Object.keys(reference), ...Object.keys(ours)])) {
				if (meshFields.has(name) && !(name in ours)) continue;
				if (ownFields.has(name)) continue;
				this.#json(reference[name], ours[name], `${where}.${name}`, differences);
			}
			return;
		}
		if (reference !== ours)
			differences.push({ kind: where.endsWith(".What") ? "text" : "body", where, reference, ours });
	}
}

/** Of the service mesh, peering and enterprise editions: may be left out. */
const meshFields = new Set([
	"Connect",
	"Proxy",
	"PeerName",
	"Namespace",
	"Partition",
	"SocketPath",
	"ServiceProxy",
	"ServiceConnect",
	"Kind",
	"ServiceSocketPath",
	"Peer",
]);

/** Of one agent's own, or a hash of a form of its own. */
const ownFields = new Set(["grpc_port", "grpc_tls_port", "ContentHash"]);

function parse(text: string): unknown {
	try {
		// Whole numbers above 2^53 stay apart.
		return JSON.parse(text.replaceAll(/(?<=[:[,]\s*)(\d{16,})(?=\s*[,\]}])/g, '"$1"'));
	} catch {
		return text;
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** With every list in one order: by when its elements were made, else as text. */
function sorted(value: unknown): unknown {
	if (Array.isArray(value)) {
		return value.map(sorted).sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
	}
	if (!isObject(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, sorted(each)]));
}

function rank(value: unknown): string {
	if (isObject(value) && typeof value["CreateIndex"] === "number" && value["CreateIndex"] > 0) {
		return String(value["CreateIndex"]).padStart(12, "0");
	}
	return JSON.stringify(value);
}

/** The names of all fields in the order they were sent, without those that may be absent. */
function orderOf(value: unknown): string {
	if (Array.isArray(value)) return value.map(orderOf).join("");
	if (!isObject(value)) return "";
	return `{${Object.entries(value)
		.filter(([name]) => !meshFields.has(name) && !ownFields.has(name))
		.map(([name, each]) => `${name}${orderOf(each)}`)
		.join(" ")}}`;
}
