import { errorCode } from "../../lib/errors.ts";
import { type EtcdKeys, etcdKeys } from "./etcd-keys.ts";
import { etcdV3Keys } from "./etcd-v3-keys.ts";

/**
 * The key space that the server shows: v2 where it serves that (somebody asked for it with `--enable-v2`, and its readers read
 * there), else v3. Which one it is, `ping` finds out; until then it is v2.
 */
export function etcdKeysOfEither(host: string): EtcdKeys {
	const v2 = etcdKeys(host);
	const v3 = etcdV3Keys(host);
	let chosen = v2;
	return {
		address: v2.address,
		async ping() {
			if (chosen === v2) {
				try {
					await v2.ping();
					return;
				} catch (error) {
					if (errorCode(error) !== "ETCD_V2_ABSENT") throw error;
				}
			}
			await v3.ping();
			chosen = v3;
		},
		set: (path, value, ttlSeconds) => chosen.set(path, value, ttlSeconds),
		remove: (path) => chosen.remove(path),
		list: (folder) => chosen.list(folder),
		close() {
			v2.close();
			v3.close();
		},
	};
}
