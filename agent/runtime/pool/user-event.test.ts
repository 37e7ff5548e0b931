import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { decodeUserEvent, encodeUserEvent } from "./user-event.ts";

interface Vector {
	readonly name: string;
	readonly value: Readonly<Record<string, string | number>>;
	readonly hex: string;
}

const { user_event: vectors } = JSON.parse(
	readFileSync(new URL("../../../test/vectors/consul-rpc-vectors.json", import.meta.url), "utf8"),
) as { readonly user_event: readonly Vector[] };

it.each(vectors)("user event $name, both ways", ({ value, hex }) => {
	const text = (key: string) => String(value[key] ?? "");
	const event = {
		id: text("ID"),
		name: text("n"),
		payload: new TextEncoder().encode(text("p")),
		nodeFilter: text("nf"),
		serviceFilter: text("sf"),
		tagFilter: text("tf"),
		version: Number(value["v"]),
		lamportTime: 7,
	};
	const encoded = encodeUserEvent(event);
	expect(encoded.name).toBe(`consul:event:${event.name}`);
	expect(Buffer.from(encoded.payload).toString("hex")).toBe(hex);
	expect(decodeUserEvent(encoded.name, encoded.payload, 7)).toEqual(event);
});

it("foreign and malformed events are none", () => {
	expect(decodeUserEvent("deploy", new Uint8Array(), 1)).toBeUndefined();
	expect(decodeUserEvent("consul:event:x", Uint8Array.of(0xff), 1)).toBeUndefined();
	expect(decodeUserEvent("consul:event:x", Buffer.from("81a24944a178", "hex"), 1)).toBeUndefined();
});
