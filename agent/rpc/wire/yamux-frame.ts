import { DiscoError } from "../../../lib/errors.ts";

/** A frame's header: version, type, flags, stream, length (docs/raft.md; HashiCorp's yamux). */
export const frameHeaderBytes = 12;

export const frameTypes = ["data", "window", "ping", "go-away"] as const;
export type FrameType = (typeof frameTypes)[number];
export const flags = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

export interface FrameHeader {
	readonly type: FrameType;
	readonly flags: number;
	readonly stream: number;
	/** Of data: bytes that follow. Of a window: by how much it grows. Of a ping: its value. Of a go-away: the reason. */
	readonly length: number;
}

export function encodeFrame({ type, flags: set, stream, length }: FrameHeader): Uint8Array {
	const bytes = new Uint8Array(frameHeaderBytes);
	const view = new DataView(bytes.buffer);
	bytes[1] = frameTypes.indexOf(type);
	view.setUint16(2, set);
	view.setUint32(4, stream);
	view.setUint32(8, length);
	return bytes;
}

/** The header that begins at `offset`. Fails with `YAMUX_INVALID`. */
export function decodeFrame(bytes: Uint8Array, offset = 0): FrameHeader {
	const view = new DataView(bytes.buffer, bytes.byteOffset + offset, frameHeaderBytes);
	const version = view.getUint8(0);
	const type = frameTypes[view.getUint8(1)];
	if (version !== 0 || type === undefined)
		throw new DiscoError(
			"YAMUX_INVALID",
			`a frame of version ${version} and type ${view.getUint8(1)}, which yamux does not know`,
		);
	return { type, flags: view.getUint16(2), stream: view.getUint32(4), length: view.getUint32(8) };
}
