/** A file that only grows at its end (a log segment). */
export interface AppendFile {
	/** Bytes written so far, synced or not. */
	readonly sizeBytes: number;
	/** Writes the pieces one after the other at the end. They survive a crash only after `sync`. */
	append(pieces: readonly Uint8Array[]): Promise<void>;
	/** Resolves when everything appended so far survives a crash. */
	sync(): Promise<void>;
	/** `append`, then `sync`, in as few steps as the system allows: for what is waited for. */
	appendSynced(pieces: readonly Uint8Array[]): Promise<void>;
	/** Cuts the file to `sizeBytes` (a torn tail). Synced before it resolves. */
	truncate(sizeBytes: number): Promise<void>;
	/** Idempotent; does not sync. */
	close(): Promise<void>;
}

/**
 * Operations fail with the system's error (`code` such as `ENOSPC`, `EACCES`); after a failed `append` or `sync` the file's end
 * is unknown and it must not be appended to again.
 *
 * Paths are absolute or relative to whatever the implementation was made with; separators are `/`.
 */
export interface Disk {
	/** The whole file, or undefined when there is none. */
	read(path: string): Promise<Uint8Array | undefined>;
	/**
	 * Replaces the file as one step: temporary file in the same folder, fsync, rename, fsync of the folder. After a crash the
	 * old or the new content is there, whole. `mode` is the file's permission (0o600 unless given).
	 */
	writeAtomic(path: string, content: Uint8Array, mode?: number): Promise<void>;
	/** Moves a synced file over another as one step that survives a crash when resolved. Both are in the same folder. */
	rename(from: string, to: string): Promise<void>;
	/** Opens for appending, creating an empty file (mode 0600) when there is none; the new name survives a crash. */
	openAppend(path: string): Promise<AppendFile>;
	/** Names in a folder, sorted; empty when there is no such folder. */
	list(folder: string): Promise<string[]>;
	/** Creates the folder and its parents; mode 0700 for those it creates. */
	makeFolder(folder: string): Promise<void>;
	/** Removes a file; nothing happens when there is none. Survives a crash when resolved. */
	remove(path: string): Promise<void>;
}
