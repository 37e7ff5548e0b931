import { createHash } from "node:crypto";
import type { CheckStatus } from "../../lib/api/index.ts";
import type { Disk } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { CheckPlan, LocalCheck, LocalService } from "./local-agent.ts";

/** What a TTL check last reported, so that a restart does not turn it critical before its TTL is over. */
export interface TtlState {
	readonly checkId: string;
	readonly status: CheckStatus;
	readonly output: string;
	/** Wall clock, because it must outlive the process. */
	readonly expiresAtMs: number;
}

/** Where registrations survive a restart. Everything resolves when it survives a crash. */
export interface LocalStore {
	/** Everything that was kept. Fails with `LOCAL_STATE_CORRUPT`, naming the file. */
	load(): Promise<{ services: LocalService[]; checks: LocalCheck[]; ttlStates: TtlState[] }>;
	saveService(service: LocalService): Promise<void>;
	removeService(id: string): Promise<void>;
	saveCheck(check: LocalCheck): Promise<void>;
	removeCheck(id: string): Promise<void>;
	saveTtlState(state: TtlState): Promise<void>;
	removeTtlState(checkId: string): Promise<void>;
}

/** Files of a newer disco are refused instead of misread. */
const formatVersion = 1;

/** For `-dev`: nothing is kept. */
export const memoryStore: LocalStore = {
	load: async () => ({ services: [], checks: [], ttlStates: [] }),
	saveService: async () => {},
	removeService: async () => {},
	saveCheck: async () => {},
	removeCheck: async () => {},
	saveTtlState: async () => {},
	removeTtlState: async () => {},
};

/**
 * One JSON file for each service, check and TTL state in `services/`, `checks/` and `checks/state/` below `root`, mode 0600
 * (they hold tokens), each replaced atomically. Ids may be anything, so a file is named by the SHA-256 of its id.
 */
export function createDiskStore(disk: Disk, root: string): LocalStore {
	const folders = { service: `${root}/services`, check: `${root}/checks`, state: `${root}/checks/state` } as const;
	const pathOf = (kind: keyof typeof folders, id: string) =>
		`${folders[kind]}/${createHash("sha256").update(id).digest("hex")}`;
	const made = new Set<string>();
	/** The last operation on each path: a removal must not overtake the writing before it. */
	const underWay = new Map<string, Promise<void>>();

	function inOrder(path: string, operation: () => Promise<void>): Promise<void> {
		const before = underWay.get(path) ?? Promise.resolve();
		const mine = before.then(operation, operation);
		const settled = mine.then(
			() => {},
			() => {},
		);
		underWay.set(path, settled);
		void settled.then(() => {
			if (underWay.get(path) === settled) underWay.delete(path);
		});
		return mine;
	}

	const remove = (kind: keyof typeof folders, id: string) => {
		const path = pathOf(kind, id);
		return inOrder(path, () => disk.remove(path));
	};

	async function save(kind: keyof typeof folders, id: string, value: unknown): Promise<void> {
		const text = JSON.stringify({ version: formatVersion, [kind]: value });
		const path = pathOf(kind, id);
		await inOrder(path, async () => {
			if (!made.has(kind)) {
				await disk.makeFolder(folders[kind]);
				made.add(kind);
			}
			await disk.writeAtomic(path, new TextEncoder().encode(text), 0o600);
		});
	}

	async function loadAll<Value>(kind: keyof typeof folders): Promise<Value[]> {
		const values: Value[] = [];
		for (const name of await disk.list(folders[kind])) {
			// Left-overs of a write that a crash cut short, and folders, have other names.
			if (!/^[0-9a-f]{64}$/.test(name)) continue;
			const path = `${folders[kind]}/${name}`;
			const bytes = await disk.read(path);
			if (bytes !== undefined) values.push(parseFile<Value>(path, kind, bytes));
		}
		return values;
	}

	return {
		load: async () => ({
			services: await loadAll<LocalService>("service"),
			checks: await loadAll<LocalCheck>("check"),
			ttlStates: await loadAll<TtlState>("state"),
		}),
		saveService: (service) => save("service", service.content.id, service),
		removeService: (id) => remove("service", id),
		saveCheck: (check) => save("check", check.plan.content.checkId, withoutOutcome(check)),
		removeCheck: (id) => remove("check", id),
		saveTtlState: (state) => save("state", state.checkId, state),
		removeTtlState: (checkId) => remove("state", checkId),
	};
}

/** Results are not kept: after a restart a check starts with the status of its registration, as the reference does. */
function withoutOutcome(check: LocalCheck): LocalCheck {
	const plan: CheckPlan = check.plan;
	return { plan, content: plan.content, token: check.token };
}

function parseFile<Value>(path: string, kind: string, bytes: Uint8Array): Value {
	let parsed: unknown;
	try {
		parsed = JSON.parse(new TextDecoder().decode(bytes));
	} catch (error) {
		throw new DiscoError("LOCAL_STATE_CORRUPT", `${path} is not JSON; remove it and register again what it held`, {
			cause: error,
		});
	}
	if (typeof parsed !== "object" || parsed === null || !("version" in parsed) || !(kind in parsed)) {
		throw new DiscoError("LOCAL_STATE_CORRUPT", `${path} is not a ${kind} of this agent; remove it`);
	}
	if (parsed.version !== formatVersion) {
		throw new DiscoError(
			"LOCAL_STATE_CORRUPT",
			`${path} has format version ${String(parsed.version)}, this disco reads ${formatVersion}; start the version that wrote it`,
		);
	}
	return (parsed as unknown as Record<string, Value>)[kind] as Value;
}
