import { Duplex } from "node:stream";
import type { Connection } from "../../../lib/env/index.ts";

/** A connection as Node's HTTP/2 wants it. It is over when either side has ended its direction: HTTP/2 has no use of a half. */
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
				({ done, value }) => {
					if (done === true) this.destroy();
					else this.push(value);
				},
				(error: Error) => this.destroy(error),
			);
		},
		write: (chunk: Uint8Array, _encoding, done) => write(chunk, done),
		writev: (parts, done) => write(Buffer.concat(parts.map(({ chunk }) => chunk as Uint8Array)), done),
		final(done) {
			done();
			this.destroy();
		},
		destroy(error, done) {
			connection.close().then(
				() => done(error),
				() => done(error),
			);
		},
	});
}
