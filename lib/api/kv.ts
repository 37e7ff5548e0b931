/** An entry of `GET /v1/kv/KEY`. `Value` is base64, null when empty; `Session` is absent when the key is not locked. */
export interface KvPair {
	readonly LockIndex: number;
	readonly Key: string;
	/** Unsigned 64 bit; above 2^53 a JSON number loses digits, so the client reads it as bigint when it must. */
	readonly Flags: number | bigint;
	readonly Value: string | null;
	readonly Session?: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}
