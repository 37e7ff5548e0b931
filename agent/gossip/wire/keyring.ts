import { DiscoError } from "../../../lib/errors.ts";
import { sameBytes } from "./same-bytes.ts";

/**
 * The keys of a pool. The first (primary) encrypts, all are tried to decrypt. Keys never appear in messages of errors.
 */
export class Keyring {
	#keys: readonly Uint8Array[];

	constructor(primary: Uint8Array, others: readonly Uint8Array[] = []) {
		this.#keys = [];
		for (const key of [primary, ...others]) this.install(key);
	}

	get primary(): Uint8Array {
		return this.#keys[0] as Uint8Array;
	}

	/** Primary first. */
	get keys(): readonly Uint8Array[] {
		return this.#keys;
	}

	has(key: Uint8Array): boolean {
		return this.#keys.some((known) => sameBytes(known, key));
	}

	/** Adds a key; the primary stays. Nothing happens when it is known. Fails with `GOSSIP_KEY_INVALID`. */
	install(key: Uint8Array): void {
		if (![16, 24, 32].includes(key.length))
			throw new DiscoError("GOSSIP_KEY_INVALID", "key size must be 16, 24 or 32 bytes");
		if (!this.has(key)) this.#keys = [...this.#keys, key.slice()];
	}

	/** Makes an installed key the primary one. */
	use(key: Uint8Array): void {
		if (!this.has(key)) throw new DiscoError("GOSSIP_KEY_UNKNOWN", "Requested key is not in the keyring");
		this.#keys = [key.slice(), ...this.#keys.filter((known) => !sameBytes(known, key))];
	}

	/** Removes a key that is not the primary one; nothing happens when it is unknown. */
	remove(key: Uint8Array): void {
		if (sameBytes(key, this.primary))
			throw new DiscoError("GOSSIP_KEY_PRIMARY", "Removing the primary key is not allowed");
		this.#keys = this.#keys.filter((known) => !sameBytes(known, key));
	}
}
