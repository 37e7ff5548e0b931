import { DiscoError } from "../../lib/errors.ts";
import type { Deregistration, KvWrite, Registration, SessionContent } from "../state/index.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

/** A change of the state that the servers agree on. */
export type Command =
	| { readonly kind: "register"; readonly registration: Registration }
	| { readonly kind: "deregister"; readonly deregistration: Deregistration }
	| { readonly kind: "kv"; readonly write: KvWrite }
	| { readonly kind: "session-create"; readonly session: SessionContent }
	| { readonly kind: "session-destroy"; readonly id: string };

/**
 * First byte of a command in the log. Numbers are for ever: a form that changes incompatibly gets a new one, so that every
 * released version's logs stay readable.
 */
const commandTypes = { register: 1, deregister: 2, kv: 3, "session-create": 4, "session-destroy": 5 } as const;

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
			break;
		case "session-create":
			writer.text(JSON.stringify(command.session));
			break;
		case "session-destroy":
			writer.text(command.id);
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
			return { kind: "kv", write: decodeKvWrite(reader) };
		case commandTypes["session-create"]:
			return { kind: "session-create", session: JSON.parse(reader.text()) };
		case commandTypes["session-destroy"]:
			return { kind: "session-destroy", id: reader.text() };
		default:
			throw new DiscoError(
				"COMMAND_UNKNOWN",
				`command type ${type} is not known to this version; a newer disco wrote it, run that one on this data`,
			);
	}
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
