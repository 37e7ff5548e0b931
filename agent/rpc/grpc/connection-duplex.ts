import { Duplex } from "node:stream";
import type { Connection } from "../../../lib/env/index.ts";

/** A connection as Node's libraries want it. It is closed when the stream is destroyed, or has ended both ways. */
export function duplexOf(connection: Connection): Duplex {
	const chunks = connection.incoming[Symbol.asyncIterator]();
	const write = (bytes: Uint8Array, done: (error?: Error | null) => void): void => {
		connection.write(bytes).then(
			() => done(),
			(error: Error) => done(error),
		);
	};
	return new Duplex({
		read() {
			chunks.next().then(
				({ done, value }) => this.push(done === true ? null : value),
				(error: Error) => this.destroy(error),
			);
		},
		write: (chunk: Uint8Array, _encoding, done) => write(chunk, done),
		writev: (parts, done) => write(Buffer.concat(parts.map(({ chunk }) => chunk as Uint8Array)), done),
		destroy(error, done) {
			connection.close().then(
				() => done(error),
				() => done(error),
			);
		},
	});
}
