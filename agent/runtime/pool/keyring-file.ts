import { join } from "node:path";
import type { Disk } from "../../../lib/env/index.ts";
import { DiscoError } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import type { GossipConfig } from "../../config/index.ts";
import { Keyring } from "../../gossip/index.ts";

/** A pool's keys and how they are kept. */
export interface KeptKeyring {
	readonly keyring: Keyring | undefined;
	/** To be called when they were changed over the pool. */
	save(): Promise<void>;
}

/**
 * The keys of the data folder (`serf/NAME.keyring`: a JSON array in base64, primary first, mode 0600), or the one of the
 * configuration, which is kept then. Fails with `KEYRING_FILE_INVALID`.
 */
export async function openKeyring(
	config: GossipConfig,
	{ dataFolder, name }: { readonly dataFolder: string; readonly name: string },
	disk: Disk,
	logger: Logger,
): Promise<KeptKeyring> {
	const file = dataFolder === "" || !config.keepsKeyring ? undefined : join(dataFolder, "serf", `${name}.keyring`);
	const given = config.key === "" ? undefined : new Uint8Array(Buffer.from(config.key, "base64"));
	const kept = file === undefined ? undefined : await readKeyring(file, disk);
	const keyring = kept ?? (given === undefined ? undefined : new Keyring(given));
	const save = async () => {
		if (file === undefined || keyring === undefined) return;
		const keys = keyring.keys.map((key) => Buffer.from(key).toString("base64"));
		await disk.makeFolder(join(dataFolder, "serf"));
		await disk.writeAtomic(file, new TextEncoder().encode(JSON.stringify(keys)), 0o600);
	};
	if (kept !== undefined && given !== undefined && !kept.has(given))
		logger.warn("the given gossip key is not among those of the data folder, which are used", { file });
	if (kept === undefined) await save();
	return { keyring, save };
}

/** The file's content stays out of every text: it is secret. */
async function readKeyring(file: string, disk: Disk): Promise<Keyring | undefined> {
	const content = await disk.read(file);
	if (content === undefined) return undefined;
	const fail = (what: string) =>
		new DiscoError("KEYRING_FILE_INVALID", `${file} ${what}; it must be a JSON array of base64 keys, primary first`);
	let keys: unknown;
	try {
		keys = JSON.parse(new TextDecoder().decode(content));
	} catch {
		throw fail("is no JSON");
	}
	if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => typeof key === "string"))
		throw fail("has no keys");
	const [primary = new Uint8Array(), ...others] = keys.map((key: string) => new Uint8Array(Buffer.from(key, "base64")));
	try {
		return new Keyring(primary, others);
	} catch {
		throw fail("has a key that is not of 16, 24 or 32 bytes");
	}
}
