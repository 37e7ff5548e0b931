import { DiscoError } from "../../lib/errors.ts";
import type {
	AutopilotContent,
	CoordinateRecord,
	Deregistration,
	KvHistoryRule,
	KvWrite,
	PreparedQueryContent,
	Registration,
	SessionContent,
	TxnOperation,
	WriteOrigin,
} from "../state/index.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { completeSession } from "./snapshot-records.ts";
import { decodeTxnOperations, encodeTxnOperations } from "./txn-form.ts";

/** A change of the state that the servers agree on. */
export type Command =
	| { readonly kind: "register"; readonly registration: Registration }
	| { readonly kind: "deregister"; readonly deregistration: Deregistration }
	/** `origin` is given where the key's history is kept. */
	| { readonly kind: "kv"; readonly write: KvWrite; readonly origin?: WriteOrigin }
	| { readonly kind: "session-create"; readonly session: SessionContent }
	| { readonly kind: "session-destroy"; readonly id: string }
	/** `existing`: replaces a query that must be there. */
	| { readonly kind: "query-set"; readonly query: PreparedQueryContent; readonly existing: boolean }
	| { readonly kind: "query-delete"; readonly id: string }
	| { readonly kind: "coordinates"; readonly updates: readonly CoordinateRecord[] }
	/** `index`: the record's modifyIndex must be this. */
	| { readonly kind: "autopilot"; readonly content: AutopilotContent; readonly index?: number }
	| { readonly kind: "txn"; readonly operations: readonly TxnOperation[]; readonly origin?: WriteOrigin }
	| { readonly kind: "kv-history-rules"; readonly rules: readonly KvHistoryRule[] };

/**
 * First byte of a command in the log. Numbers are for ever: a form that changes incompatibly gets a new one, so that every
 * released version's logs stay readable.
 */
const commandTypes = {
	register: 1,
	deregister: 2,
	kv: 3,
	"session-create": 4,
	"session-destroy": 5,
	"query-set": 6,
	"query-delete": 7,
	coordinates: 8,
	autopilot: 9,
	txn: 10,
	"kv-history-rules": 11,
} as const;

const kvOperations = ["set", "cas", "lock", "unlock", "delete", "delete-cas", "delete-tree"] as const;

/** Type byte, then JSON for what is rare and has many optional fields, and plain fields with raw values for keys. */
export function encodeCommand(command: Command): Uint8Array {
	const writer = new ByteWriter(command.kind === "kv" ? 64 + sizeOfValue(command.write) : 1024);
	writer.byte(commandTypes[command.kind]);
	switch (command.kind) {
		case "register":
			writer.text(JSON.stringify(command.registration));
			break;
		case "deregister":
			writer.text(JSON.stringify(command.deregistration));
			break;
		case "kv":
			encodeKvWrite(writer, command.write);
			encodeOrigin(writer, command.origin);
			break;
		case "session-create":
			writer.text(JSON.stringify(command.session));
			break;
		case "session-destroy":
		case "query-delete":
			writer.text(command.id);
			break;
		case "query-set":
			writer.byte(command.existing ? 1 : 0);
			writer.text(JSON.stringify(command.query));
			break;
		case "coordinates":
			writer.text(JSON.stringify(command.updates));
			break;
		case "autopilot":
			writer.text(JSON.stringify({ content: command.content, index: command.index }));
			break;
		case "txn":
			encodeTxnOperations(writer, command.operations);
			encodeOrigin(writer, command.origin);
			break;
		case "kv-history-rules":
			writer.text(JSON.stringify(command.rules));
			break;
	}
	return writer.take();
}

/** Fails with `COMMAND_UNKNOWN` (written by a newer version), `BYTES_CUT_SHORT`, `BYTES_INVALID`. */
export function decodeCommand(bytes: Uint8Array): Command {
	const reader = new ByteReader(bytes);
	const type = reader.byte();
	switch (type) {
		case commandTypes.register:
			return { kind: "register", registration: JSON.parse(reader.text()) };
		case commandTypes.deregister:
			return { kind: "deregister", deregistration: JSON.parse(reader.text()) };
		case commandTypes.kv:
			return { kind: "kv", write: decodeKvWrite(reader), ...decodeOrigin(reader) };
		case commandTypes["session-create"]:
			return { kind: "session-create", session: completeSession(JSON.parse(reader.text())) };
		case commandTypes["session-destroy"]:
			return { kind: "session-destroy", id: reader.text() };
		case commandTypes["query-set"]:
			return { kind: "query-set", existing: reader.byte() === 1, query: JSON.parse(reader.text()) };
		case commandTypes["query-delete"]:
			return { kind: "query-delete", id: reader.text() };
		case commandTypes.coordinates:
			return { kind: "coordinates", updates: JSON.parse(reader.text()) };
		case commandTypes.autopilot:
			return { kind: "autopilot", ...JSON.parse(reader.text()) };
		case commandTypes.txn:
			return { kind: "txn", operations: decodeTxnOperations(reader), ...decodeOrigin(reader) };
		case commandTypes["kv-history-rules"]:
			return { kind: "kv-history-rules", rules: JSON.parse(reader.text()) };
		default:
			throw new DiscoError(
				"COMMAND_UNKNOWN",
				`command type ${type} is not known to this version; a newer disco wrote it, run that one on this data`,
			);
	}
}

/** At the very end, where logs of before there was a history have nothing. */
function encodeOrigin(writer: ByteWriter, origin: WriteOrigin | undefined): void {
	if (origin === undefined) return;
	writer.number(origin.timeMs);
	writer.text(origin.author);
}

function decodeOrigin(reader: ByteReader): { readonly origin?: WriteOrigin } {
	if (reader.leftBytes === 0) return {};
	const timeMs = reader.number();
	return { origin: { timeMs, author: reader.text() } };
}

function sizeOfValue(write: KvWrite): number {
	return "value" in write ? write.value.length : 0;
}

function encodeKvWrite(writer: ByteWriter, write: KvWrite): void {
	writer.byte(kvOperations.indexOf(write.operation));
	writer.text(write.operation === "delete-tree" ? write.prefix : write.key);
	if (write.operation === "cas" || write.operation === "delete-cas") writer.number(write.index);
	if (write.operation === "lock" || write.operation === "unlock") writer.text(write.session);
	if (!("value" in write)) return;
	writer.uint64(write.flags);
	writer.bytes(write.value);
}

function decodeKvWrite(reader: ByteReader): KvWrite {
	const code = reader.byte();
	const operation = kvOperations[code];
	if (operation === undefined)
		throw new DiscoError(
			"COMMAND_UNKNOWN",
			`key-value operation ${code} is not known to this version; run a newer disco`,
		);
	const key = reader.text();
	switch (operation) {
		case "delete":
			return { operation, key };
		case "delete-tree":
			return { operation, prefix: key };
		case "delete-cas":
			return { operation, key, index: reader.number() };
		case "set":
			return { operation, key, flags: reader.uint64(), value: reader.bytes() };
		case "cas":
			return { operation, key, index: reader.number(), flags: reader.uint64(), value: reader.bytes() };
		case "lock":
		case "unlock":
			return { operation, key, session: reader.text(), flags: reader.uint64(), value: reader.bytes() };
	}
}
