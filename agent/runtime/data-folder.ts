import { readFileSync, unlinkSync } from "node:fs";
import { mkdir, open, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { uuid } from "../../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import { nodeRandom, writeFileAtomic } from "../../lib/node/index.ts";

/** A data folder that this process holds alone. */
export interface DataFolder {
	readonly path: string;
	readonly nodeId: string;
	/** Lets the next agent have it. Idempotent. */
	release(): void;
}

/**
 * Makes the folder if there is none, takes its lock and reads (or makes) the node's id.
 *
 * Fails with `DATA_FOLDER_UNUSABLE` (not writable, no folder) or `DATA_FOLDER_IN_USE` (another running agent has it).
 */
export async function openDataFolder(path: string, givenNodeId: string): Promise<DataFolder> {
	try {
		await makeFolders(path);
		// A probe: a folder that exists may still refuse files (owner, read-only mount).
		const probe = join(path, `.probe.${process.pid}`);
		await writeFile(probe, "");
		await unlink(probe);
	} catch (error) {
		throw unusable(path, error);
	}
	const release = await takeLock(path);
	try {
		return { path, nodeId: await keptNodeId(path, givenNodeId), release };
	} catch (error) {
		release();
		throw error instanceof DiscoError ? error : unusable(path, error);
	}
}

/** Node's own recursive mkdir never ends where a folder cannot be made although its parent is there (/proc). */
async function makeFolders(path: string): Promise<void> {
	try {
		await mkdir(path, { mode: 0o700 });
	} catch (error) {
		if (errorCode(error) === "EEXIST") return;
		if (errorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
		await makeFolders(dirname(path));
		await mkdir(path, { mode: 0o700 });
	}
}

async function keptNodeId(path: string, given: string): Promise<string> {
	const file = join(path, "node-id");
	const kept = await readFile(file, "utf8").then(
		(text) => text.trim().toLowerCase(),
		(error: unknown) => {
			if (errorCode(error) === "ENOENT") return "";
			throw error;
		},
	);
	if (kept !== "" && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(kept)) {
		throw new DiscoError("DATA_FOLDER_UNUSABLE", `${file} holds no UUID; remove it, and the node gets a new id`);
	}
	const id = given !== "" ? given : kept !== "" ? kept : uuid(nodeRandom);
	if (id !== kept) await writeFileAtomic(file, id, { mode: 0o600 });
	return id;
}

interface LockHolder {
	readonly pid: number;
	/** When the process started, in the kernel's ticks; tells it from a later one with the same id. */
	readonly started: string;
	readonly host: string;
}

/**
 * The file `lock` names its holder. A holder that runs no more (kill -9, power cut) is told by process id and start time, so a
 * lock is never left behind. Holders on another host (or in another container) cannot be asked: their lock is taken over.
 */
async function takeLock(path: string): Promise<() => void> {
	const file = join(path, "lock");
	const mine: LockHolder = { pid: process.pid, started: processStat(process.pid).started, host: hostname() };
	const text = JSON.stringify(mine);
	for (let attempt = 0; attempt < 3; attempt++) {
		try {
			const handle = await open(file, "wx", 0o600);
			await handle.writeFile(text);
			await handle.close();
			return () => releaseLock(file, text);
		} catch (error) {
			if (errorCode(error) !== "EEXIST") throw unusable(path, error);
		}
		const holder = parseHolder(await readFile(file, "utf8").catch(() => ""));
		if (holder !== undefined && isRunning(holder)) {
			throw new DiscoError(
				"DATA_FOLDER_IN_USE",
				`data folder ${path} is in use by the agent with process id ${holder.pid}; stop that one, or give another -data-dir`,
			);
		}
		// Moved away instead of removed: of two agents that find it stale, only one moves it.
		const stale = `${file}.${process.pid}.stale`;
		await rename(file, stale).catch(() => undefined);
		await unlink(stale).catch(() => undefined);
	}
	throw new DiscoError("DATA_FOLDER_IN_USE", `data folder ${path}: another agent takes ${file} at this moment`);
}

function releaseLock(file: string, text: string): void {
	try {
		if (readFileSync(file, "utf8") === text) unlinkSync(file);
	} catch {
		// Gone with the folder: nothing is held any more.
	}
}

function isRunning(holder: LockHolder): boolean {
	if (holder.host !== hostname() || holder.pid === process.pid) return false;
	try {
		process.kill(holder.pid, 0);
	} catch (error) {
		if (errorCode(error) !== "EPERM") return false;
	}
	const { state, started } = processStat(holder.pid);
	// A zombie has ended; only its parent has not asked how.
	if (state === "Z" || state === "X") return false;
	return started === "" || holder.started === "" || started === holder.started;
}

/** Fields 3 and 22 of /proc/PID/stat (proc(5)); empty where there is no /proc. */
function processStat(pid: number): { readonly state: string; readonly started: string } {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		// The second field, the name, is in parentheses and may hold blanks.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return { state: fields[0] ?? "", started: fields[19] ?? "" };
	} catch {
		return { state: "", started: "" };
	}
}

function parseHolder(text: string): LockHolder | undefined {
	try {
		const value = JSON.parse(text) as Partial<LockHolder> | null;
		if (typeof value?.pid !== "number") return undefined;
		return { pid: value.pid, started: value.started ?? "", host: value.host ?? "" };
	} catch {
		return undefined;
	}
}

function unusable(path: string, error: unknown): DiscoError {
	return new DiscoError(
		"DATA_FOLDER_UNUSABLE",
		`data folder ${path} cannot be used: ${errorMessage(error)}; give a folder that this user may write (-data-dir)`,
	);
}
