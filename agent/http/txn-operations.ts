import { DiscoError } from "../../lib/errors.ts";
import {
	anything,
	type Decoded,
	type Decoder,
	listOf,
	mapOf,
	objectOf,
	schemaOf,
	text,
	unsigned64,
	withSchema,
} from "../../lib/json/index.ts";
import type { TxnOperation } from "../rpc/index.ts";
import { checkContent, checkObject, serviceContent, serviceObject } from "./catalog-registration.ts";
import { decodeBodyOr } from "./decode-body.ts";

/** Base64 (RFC 4648 section 4), as Go's decoder takes it: padded, line breaks ignored. */
const bytes: Decoder<Uint8Array> = withSchema({ type: "string", description: "base64" }, (value, field) => {
	const encoded = text(value, field).replace(/[\r\n]/g, "");
	const bad = encoded.search(/[^A-Za-z0-9+/=]/);
	const at = bad >= 0 ? bad : /^[^=]*={0,2}$/.test(encoded) && encoded.length % 4 === 0 ? -1 : encoded.length;
	if (at >= 0) {
		throw new DiscoError("JSON_FIELD_INVALID", `illegal base64 data at input byte ${at} of ${field}; encode the value`);
	}
	return Buffer.from(encoded, "base64");
});

const kvShape = {
	Verb: text,
	Key: text,
	Value: bytes,
	Flags: unsigned64,
	Index: unsigned64,
	Session: text,
	Namespace: anything,
	Partition: anything,
} as const;

const nodeShape = {
	ID: text,
	Node: text,
	Address: text,
	Datacenter: text,
	TaggedAddresses: mapOf(text),
	Meta: mapOf(text),
	CreateIndex: anything,
	ModifyIndex: unsigned64,
	Partition: anything,
	PeerName: anything,
} as const;

const indexOnly = objectOf({ ModifyIndex: unsigned64 }, { ignoreUnknown: true });

const operationObject = objectOf({
	KV: objectOf(kvShape),
	Node: objectOf({ Verb: text, Node: objectOf(nodeShape) }),
	Service: objectOf({ Verb: text, Node: text, Service: withIndex(serviceObject) }),
	Check: objectOf({ Verb: text, Check: withIndex(checkObject) }),
});

/** A record that is sent back: its fields, and the index that a condition compares. */
function withIndex<Fields>(decode: Decoder<Fields>): Decoder<{ readonly fields: Fields; readonly index: number }> {
	return withSchema(schemaOf(decode), (value, field) => ({
		fields: decode(value, field),
		index: Number(indexOnly(value, field).ModifyIndex ?? 0n),
	}));
}

/** The body of `PUT /v1/txn`. */
export const operationList = listOf(operationObject);

/**
 * The body of `PUT /v1/txn`. Only its form is looked at: what an operation lacks is that operation's error. Fails with 400
 * (`HTTP_BAD_REQUEST`).
 */
export function parseTxn(body: string, datacenter: string): readonly TxnOperation[] {
	// A transaction without operations, as Go takes it.
	if (/^\s*null/.test(body)) return [];
	return decodeBodyOr("Failed to parse body", body, operationList).flatMap((fields) => operationOf(fields, datacenter));
}

/** Of an operation that names nothing nothing is left, as in the reference. */
function operationOf(
	{ KV: kv, Node: node, Service: service, Check: check }: ReturnType<typeof operationObject>,
	datacenter: string,
): readonly TxnOperation[] {
	if (kv !== undefined) return [kvOperation(kv)];
	if (node !== undefined) {
		const { Node: fields = {}, Verb: verb = "" } = node;
		return [{ kind: "node", verb, node: nodeContent(fields, datacenter), index: Number(fields.ModifyIndex ?? 0n) }];
	}
	if (service !== undefined) {
		const { fields, index } = service.Service ?? { fields: {}, index: 0 };
		return [
			{ kind: "service", verb: service.Verb ?? "", node: service.Node ?? "", service: serviceContent(fields), index },
		];
	}
	if (check !== undefined) {
		const { fields, index } = check.Check ?? { fields: {}, index: 0 };
		return [{ kind: "check", verb: check.Verb ?? "", node: fields.Node ?? "", check: checkContent(fields), index }];
	}
	return [];
}

function kvOperation(fields: Decoded<typeof kvShape>): TxnOperation {
	return {
		kind: "kv",
		verb: fields.Verb ?? "",
		key: fields.Key ?? "",
		value: fields.Value ?? new Uint8Array(),
		flags: fields.Flags ?? 0n,
		index: Number(fields.Index ?? 0n),
		session: fields.Session ?? "",
	};
}

function nodeContent(fields: Decoded<typeof nodeShape>, datacenter: string) {
	return {
		id: fields.ID ?? "",
		node: fields.Node ?? "",
		address: fields.Address ?? "",
		datacenter: fields.Datacenter || datacenter,
		taggedAddresses: fields.TaggedAddresses ?? null,
		meta: fields.Meta ?? null,
	};
}
