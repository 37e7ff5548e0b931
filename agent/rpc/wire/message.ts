import { Writer } from "../../../lib/msgpack/index.ts";

/** For `message`, whose calls do not nest. */
const shared = new Writer(1024);

/** The bytes of a header and what follows it, as `write` writes them. What it throws is thrown on. */
export function message(write: (writer: Writer) => void): Uint8Array {
	try {
		write(shared);
	} catch (error) {
		shared.finish();
		throw error;
	}
	return shared.finish();
}
