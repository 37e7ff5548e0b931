import { once } from "node:events";
import { connect } from "node:net";

const connections = 4;
const outstanding = 8;
const lengthBytes = 2;

/**
 * DNS answers over TCP per second, of 4 connections with 8 questions ("NAME A" or "NAME SRV") outstanding each. Counts whole answers with at
 * least one record; fails when one came that is none, or a connection ended.
 */
export async function tcpAnswersPerSecond(host: string, question: string, durationS: number): Promise<number> {
	const frame = questionFrame(question);
	let answers = 0;
	const ask = async () => {
		const socket = connect(8600, host);
		await once(socket, "connect");
		let received = Buffer.alloc(0);
		let failure: Error | undefined;
		socket.on("error", (error) => {
			failure = error;
		});
		socket.on("data", (chunk) => {
			received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
			while (received.length >= lengthBytes && received.length >= lengthBytes + received.readUInt16BE(0)) {
				const length = received.readUInt16BE(0);
				if (received.readUInt16BE(lengthBytes + 6) === 0)
					failure ??= new Error(`${host} ${question}: an answer without records`);
				received = received.subarray(lengthBytes + length);
				answers++;
				socket.write(frame);
			}
		});
		for (let count = 0; count < outstanding; count++) socket.write(frame);
		return () => {
			if (failure !== undefined || socket.readyState !== "open")
				throw failure ?? new Error(`${host} ${question}: connection ended`);
			socket.destroy();
		};
	};
	const ends = await Promise.all(Array.from({ length: connections }, ask));
	await new Promise((resolve) => setTimeout(resolve, durationS * 1000));
	const counted = answers;
	for (const end of ends) end();
	return counted / durationS;
}

function questionFrame(question: string): Buffer {
	const [name = "", type] = question.split(" ");
	const labels = name.split(".").flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
	const header = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
	const message = Buffer.concat([header, ...labels, Buffer.from([0, 0, type === "SRV" ? 33 : 1, 0, 1])]);
	return Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]);
}
