import { DiscoError } from "../../lib/errors.ts";
import type { TxnOperation } from "../state/index.ts";
import type { ByteReader, ByteWriter } from "./bytes.ts";

/** First byte of an operation. Numbers are for ever. */
const kinds = ["kv", "node", "service", "check", "session"] as const;

/** Their number, then per operation its kind and plain fields for keys, JSON for the others. */
export function encodeTxnOperations(writer: ByteWriter, operations: readonly TxnOperation[]): void {
	writer.number(operations.length);
	for (const operation of operations) {
		writer.byte(kinds.indexOf(operation.kind));
		if (operation.kind === "kv") encodeKvOperation(writer, operation);
		else writer.text(JSON.stringify(operation));
	}
}

/** Fails with `COMMAND_UNKNOWN`, `BYTES_CUT_SHORT`, `BYTES_INVALID`. */
export function decodeTxnOperations(reader: ByteReader): readonly TxnOperation[] {
	const operations: TxnOperation[] = [];
	for (let left = reader.number(); left > 0; left--) operations.push(decodeOperation(reader));
	return operations;
}

function decodeOperation(reader: ByteReader): TxnOperation {
	const code = reader.byte();
	const kind = kinds[code];
	if (kind === undefined)
		throw new DiscoError("COMMAND_UNKNOWN", `operation ${code} of a transaction is not known; run a newer disco`);
	return kind === "kv" ? decodeKvOperation(reader) : JSON.parse(reader.text());
}

function encodeKvOperation(writer: ByteWriter, operation: TxnOperation & { readonly kind: "kv" }): void {
	writer.text(operation.verb);
	writer.text(operation.key);
	writer.text(operation.session);
	writer.number(operation.index);
	writer.uint64(operation.flags);
	writer.bytes(operation.value);
}

function decodeKvOperation(reader: ByteReader): TxnOperation {
	const verb = reader.text();
	const key = reader.text();
	const session = reader.text();
	const index = reader.number();
	const flags = reader.uint64();
	return { kind: "kv", verb, key, session, index, flags, value: reader.bytes() };
}
