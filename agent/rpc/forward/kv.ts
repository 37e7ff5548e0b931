import { DiscoError } from "../../../lib/errors.ts";
import type { KvRecord, KvWrite } from "../../state/index.ts";
import type { Endpoints, KvEndpoints } from "../endpoints.ts";
import { methods } from "../wire/methods.ts";
import type { ServedMethod } from "../wire/rpc.ts";
import { served } from "../wire/rpc.ts";
import type { WireDirectoryEntry } from "../wire/structs.ts";
import { directoryEntry } from "../wire/structs.ts";
import { ask, type Caller, command, servedRead, writeOptionsOf } from "./caller.ts";

const noBytes = new Uint8Array();
/** Operations whose answer tells whether a condition held. The reference answers the others with false. */
const conditional: ReadonlySet<string> = new Set(["cas", "delete-cas", "lock", "unlock"]);

export function kvClient(caller: Caller): KvEndpoints {
	return {
		async write(write, options) {
			const { operation: Op } = write;
			const reply = await command(caller, methods.kvApply, { Op, DirEnt: entryOfWrite(write) }, options);
			return conditional.has(Op) ? reply : true;
		},
		get: (key, options) =>
			ask(caller, methods.kvGet, {
				fields: { Key: key },
				options,
				take: ({ Entries }) => {
					const [entry] = Entries ?? [];
					return entry === undefined ? undefined : kvRecord(entry);
				},
			}),
		list: (prefix, options) =>
			ask(caller, methods.kvList, {
				remember: "",
				fields: { Key: prefix },
				options,
				take: ({ Entries }) => (Entries ?? []).map(kvRecord),
			}),
		keys: (prefix, separator, options) =>
			ask(caller, methods.kvListKeys, {
				remember: "",
				fields: { Prefix: prefix, Seperator: separator },
				options,
				take: ({ Keys }) => Keys ?? [],
			}),
		history: (key, options) =>
			ask(caller, methods.kvHistory, {
				fields: { Key: key },
				options,
				take: ({ Revisions }) =>
					(Revisions ?? []).map(({ Key, Index, Value, Flags, TimeMs, Author }) => ({
						key: Key,
						index: Index,
						...(Value === null ? {} : { value: Value }),
						flags: Flags,
						timeMs: TimeMs,
						author: Author,
					})),
			}),
		async keepHistory(rules, options) {
			const Rules = rules.map(({ prefix, revisionsMax }) => ({ Prefix: prefix, RevisionsMax: revisionsMax }));
			await command(caller, methods.keepKvHistory, { Rules }, options);
		},
	};
}

export function kvServed({ kv }: Endpoints): ServedMethod[] {
	return [
		served(methods.kvApply, async (argument) => {
			const { Op, DirEnt } = argument;
			const written = await kv.write(writeOf(Op, DirEnt), writeOptionsOf(argument));
			return conditional.has(Op) && written;
		}),
		servedRead(
			methods.kvGet,
			({ Key }, options) => kv.get(Key, options),
			(record) => ({ Entries: record === undefined ? null : [wireEntry(record)] }),
		),
		servedRead(
			methods.kvList,
			({ Key }, options) => kv.list(Key, options),
			(records) => ({ Entries: records.length === 0 ? null : records.map(wireEntry) }),
		),
		servedRead(
			methods.kvListKeys,
			({ Prefix, Seperator }, options) => kv.keys(Prefix, Seperator, options),
			(keys) => ({ Keys: keys.length === 0 ? null : keys }),
		),
		...historyServed(kv),
	];
}

function historyServed({ history, keepHistory }: KvEndpoints): ServedMethod[] {
	if (history === undefined || keepHistory === undefined) return [];
	return [
		servedRead(
			methods.kvHistory,
			({ Key }, options) => history(Key, options),
			(revisions) => ({
				Revisions: revisions.map(({ key, index, value, flags, timeMs, author }) => ({
					Key: key,
					Index: index,
					Value: value ?? null,
					Flags: flags,
					TimeMs: timeMs,
					Author: author,
				})),
			}),
		),
		served(methods.keepKvHistory, async (argument) => {
			const rules = (argument.Rules ?? []).map(({ Prefix, RevisionsMax }) => ({
				prefix: Prefix,
				revisionsMax: RevisionsMax,
			}));
			await keepHistory(rules, writeOptionsOf(argument));
			return {};
		}),
	];
}

export function kvRecord(entry: WireDirectoryEntry): KvRecord {
	return {
		key: entry.Key,
		flags: entry.Flags,
		value: entry.Value ?? noBytes,
		...(entry.Session === "" ? {} : { session: entry.Session }),
		lockIndex: entry.LockIndex,
		createIndex: entry.CreateIndex,
		modifyIndex: entry.ModifyIndex,
	};
}

export function wireEntry(record: KvRecord): WireDirectoryEntry {
	return {
		Key: record.key,
		Flags: record.flags,
		Value: record.value,
		Session: record.session ?? "",
		LockIndex: record.lockIndex,
		CreateIndex: record.createIndex,
		ModifyIndex: record.modifyIndex,
	};
}

function entryOfWrite(write: KvWrite): WireDirectoryEntry {
	return {
		...directoryEntry.zero,
		Key: write.operation === "delete-tree" ? write.prefix : write.key,
		...("value" in write ? { Value: write.value, Flags: write.flags } : {}),
		...("index" in write ? { ModifyIndex: write.index } : {}),
		...("session" in write ? { Session: write.session } : {}),
	};
}

function writeOf(operation: string, entry: WireDirectoryEntry): KvWrite {
	const { Key: key, Flags: flags, Session: session, ModifyIndex: index } = entry;
	// What is kept must not be a view into the connection's buffer.
	const value = () => (entry.Value ?? noBytes).slice();
	if (key === "" && operation !== "delete-tree") throw new DiscoError("KV_KEY_EMPTY", "Must provide key");
	switch (operation) {
		case "set":
			return { operation, key, value: value(), flags };
		case "cas":
			return { operation, key, value: value(), flags, index };
		case "lock":
		case "unlock":
			return { operation, key, value: value(), flags, session };
		case "delete":
			return { operation, key };
		case "delete-cas":
			return { operation, key, index };
		case "delete-tree":
			return { operation, prefix: key };
		default:
			throw new DiscoError("KV_OPERATION_UNKNOWN", `Invalid KVS operation '${operation}'`);
	}
}
