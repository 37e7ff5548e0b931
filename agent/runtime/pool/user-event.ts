import { bytes, decode, omitEmpty, string, struct, u64, Writer } from "../../../lib/msgpack/index.ts";
import type { UserEvent } from "../../rpc/index.ts";

/** Before the names of events that are for users; others are the reference's own. */
export const userEventPrefix = "consul:event:";

const payloadFields = struct({
	ID: string,
	n: string,
	p: omitEmpty(bytes),
	nf: omitEmpty(string),
	sf: omitEmpty(string),
	tf: omitEmpty(string),
	v: u64,
});

/** The event as gossip carries it: the one place where the reference writes the newer forms of msgpack (consul-rpc.md, section 7). */
export function encodeUserEvent(event: UserEvent): { readonly name: string; readonly payload: Uint8Array } {
	const writer = new Writer();
	const texts = [
		["ID", event.id],
		["n", event.name],
		["nf", event.nodeFilter],
		["sf", event.serviceFilter],
		["tf", event.tagFilter],
	] as const;
	const present = texts.filter(([, text]) => text !== "");
	const hasPayload = event.payload.length > 0;
	writer.map(present.length + (hasPayload ? 2 : 1));
	for (const key of ["ID", "n", "nf", "p", "sf", "tf", "v"] as const) {
		if (key === "v") {
			writer.string("v");
			writer.integer(event.version);
		} else if (key === "p") {
			if (!hasPayload) continue;
			writer.string("p");
			writer.bin(event.payload);
		} else {
			const text = present.find(([name]) => name === key)?.[1];
			if (text === undefined) continue;
			writer.string(key);
			writeModernText(writer, text);
		}
	}
	return { name: `${userEventPrefix}${event.name}`, payload: writer.finish() };
}

/** Undefined for what is no user event, or none that can be read. */
export function decodeUserEvent(name: string, payload: Uint8Array, lamportTime: number): UserEvent | undefined {
	if (!name.startsWith(userEventPrefix)) return undefined;
	try {
		const { ID, n, p, nf, sf, tf, v } = decode(payloadFields, payload);
		// The list's index is made from the id.
		if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(ID)) return undefined;
		return {
			id: ID,
			name: n,
			payload: (p ?? new Uint8Array()).slice(),
			nodeFilter: nf,
			serviceFilter: sf,
			tagFilter: tf,
			version: v,
			lamportTime,
		};
	} catch {
		return undefined;
	}
}

/** Text of 32 to 255 bytes has a form of its own here. */
function writeModernText(writer: Writer, text: string): void {
	const encoded = new TextEncoder().encode(text);
	if (encoded.length < 32 || encoded.length > 255) writer.raw(encoded);
	else {
		writer.appendByte(0xd9);
		writer.appendByte(encoded.length);
		writer.append(encoded);
	}
}
