import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { type Answer, decode, encode } from "dns-packet";
import type { DnsAddress } from "./exchange.ts";

const address = (name: string, data: string): Answer => ({ type: "A", name, ttl: 120, data });
const records: Readonly<Record<string, readonly Answer[]>> = {
	"www.example.net": [address("www.example.net", "203.0.113.1")],
	"host.example.net": [address("host.example.net", "203.0.113.2")],
	"alias.example.net": [
		{ type: "CNAME", name: "alias.example.net", ttl: 60, data: "www.example.net" },
		address("www.example.net", "203.0.113.1"),
	],
	"many.example.net": [1, 2, 3].map((last) => address("many.example.net", `203.0.113.${last}`)),
	"six.example.net": [1, 2, 3, 4, 5, 6].map((last) => address("six.example.net", `203.0.113.${last}`)),
};

/** A server that knows A records and aliases of `example.net`, over UDP and TCP; other names do not exist. */
export async function startRecursorStub({ host, port }: DnsAddress): Promise<{ close(): void }> {
	const reply = (packet: Buffer): Buffer => {
		const { id, questions, flags } = decode(packet);
		const { name = "", type = "A" } = questions?.[0] ?? {};
		const known = records[name.toLowerCase()];
		const answers = known === undefined || type !== "A" ? [] : [...known];
		return encode({
			type: "response",
			...(id === undefined ? {} : { id }),
			flags: ((flags ?? 0) & 0x0100) | 0x0080 | (known === undefined ? 3 : 0),
			...(questions === undefined ? {} : { questions }),
			answers,
		});
	};
	const udp = createSocket("udp4");
	udp.on("message", (packet, from) => udp.send(reply(packet), from.port, from.address));
	const tcp = createServer((socket) => {
		socket.on("error", () => socket.destroy());
		socket.on("data", (chunk) => {
			const answer = reply(chunk.subarray(2));
			const length = Buffer.alloc(2);
			length.writeUInt16BE(answer.length);
			socket.end(Buffer.concat([length, answer]));
		});
	});
	await new Promise<void>((resolve) => udp.bind(port, host, resolve));
	await new Promise<void>((resolve) => tcp.listen(port, host, resolve));
	return {
		close() {
			udp.close();
			tcp.close();
		},
	};
}
