import { DiscoError, errorCode } from "../errors.ts";

/** Finds one value: gets what has come, from an offset on, and gives the value and where it ends; throws `MSGPACK_TRUNCATED` when more must come. */
export type Parse<Value> = (
	buffer: Uint8Array,
	offset: number,
) => { readonly value: Value; readonly endOffset: number };

const nothing = new Uint8Array();

/** What has come of a byte stream and is not read yet. */
export class Received {
	/** Bytes that are not read yet: from `#at` on. */
	#buffer: Uint8Array = nothing;
	/** Begins as the buffer does, and may go on behind it. */
	#room: Uint8Array = nothing;
	#at = 0;

	get sizeBytes(): number {
		return this.#buffer.length - this.#at;
	}

	/** What was given before stays as it is. */
	push(chunk: Uint8Array): void {
		if (this.sizeBytes > 0) this.#append(chunk);
		else {
			this.#room = chunk;
			this.#buffer = chunk;
			this.#at = 0;
		}
	}

	/** A view of the next bytes, at most so many; valid until the next `push`. */
	take(countMax: number): Uint8Array {
		const taken = this.#buffer.subarray(this.#at, this.#at + countMax);
		this.#moveTo(this.#at + taken.length);
		return taken;
	}

	/** The next value, or undefined while more must come. Fails as `parse` does, and with `MESSAGE_TOO_LARGE` above `bytesMax`. */
	value<Value>(parse: Parse<Value>, bytesMax: number): { readonly value: Value } | undefined {
		if (this.sizeBytes > 0) {
			try {
				const parsed = parse(this.#buffer, this.#at);
				this.#moveTo(parsed.endOffset);
				return parsed;
			} catch (error) {
				if (errorCode(error) !== "MSGPACK_TRUNCATED") throw error;
			}
		}
		if (this.sizeBytes <= bytesMax) return undefined;
		throw new DiscoError("MESSAGE_TOO_LARGE", `a message is larger than ${bytesMax} bytes; the connection is closed`);
	}

	/** What was read is held no longer than until the rest is: a stream may wait for its next message for minutes. */
	#moveTo(offset: number): void {
		this.#at = offset;
		if (offset === this.#buffer.length) this.push(nothing);
	}

	/** Behind what is there, with room for as much again: a long message is not copied with each chunk. */
	#append(chunk: Uint8Array): void {
		const end = this.#buffer.length;
		const wanted = this.sizeBytes + chunk.length;
		if (end + chunk.length <= this.#room.length) {
			this.#room.set(chunk, end);
			this.#buffer = this.#room.subarray(0, end + chunk.length);
			return;
		}
		this.#room = new Uint8Array(2 * wanted);
		this.#room.set(this.#buffer.subarray(this.#at));
		this.#room.set(chunk, this.sizeBytes);
		this.#buffer = this.#room.subarray(0, wanted);
		this.#at = 0;
	}
}
