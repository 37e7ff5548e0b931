import { createSocket } from "node:dgram";
import { connect } from "node:net";

export interface DnsAddress {
	readonly host: string;
	readonly port: number;
}

/** One packet there, one back; undefined when nothing comes within `timeoutMs`. */
export function overUdp({ host, port }: DnsAddress, packet: Buffer, timeoutMs = 3_000): Promise<Buffer | undefined> {
	return new Promise((resolve, reject) => {
		const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
		const finish = (reply?: Buffer) => {
			clearTimeout(timer);
			socket.close();
			resolve(reply);
		};
		const timer = setTimeout(finish, timeoutMs);
		socket.on("error", reject);
		socket.on("message", finish);
		socket.send(packet, port, host);
	});
}

/** As `overUdp`, on a connection of its own; undefined, too, when the server closes it without an answer. */
export function overTcp({ host, port }: DnsAddress, packet: Buffer, timeoutMs = 3_000): Promise<Buffer | undefined> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, host);
		let received = Buffer.alloc(0);
		const finish = (reply?: Buffer) => {
			clearTimeout(timer);
			socket.destroy();
			resolve(reply);
		};
		const timer = setTimeout(finish, timeoutMs);
		socket.on("error", reject);
		socket.on("close", () => finish());
		socket.on("data", (chunk) => {
			received = Buffer.concat([received, chunk]);
			if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
			finish(received.subarray(2, 2 + received.readUInt16BE(0)));
		});
		const length = Buffer.alloc(2);
		length.writeUInt16BE(packet.length);
		socket.write(Buffer.concat([length, packet]));
	});
}
