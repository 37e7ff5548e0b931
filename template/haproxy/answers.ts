import { DiscoError } from "../../lib/errors.ts";
import type { AdminState, RunningServer } from "./server.ts";

/** What `show info` tells about the process behind a socket. */
export interface ProcessInfo {
	readonly version: string;
	readonly pid: number;
	readonly uptimeS: number;
	/** It has been replaced and only ends what is under way. */
	readonly stopping: boolean;
}

/** Reads `show info`. Error: `HAPROXY_ANSWER`. */
export function parseInfo(text: string): ProcessInfo {
	const fields = new Map(
		text.split("\n").flatMap((line): [string, string][] => {
			const colon = line.indexOf(": ");
			return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 2)]];
		}),
	);
	const number = (name: string) => {
		const value = fields.get(name) ?? "";
		if (!/^\d+$/.test(value)) throw unexpected("show info", `a line "${name}: NUMBER"`, text);
		return Number(value);
	};
	const version = fields.get("Version");
	if (version === undefined) throw unexpected("show info", 'a line "Version: ..."', text);
	const stopping = fields.get("Stopping");
	return {
		version,
		pid: number("Pid"),
		uptimeS: number("Uptime_sec"),
		stopping: stopping !== undefined && stopping !== "0",
	};
}

/** Reads `show backend`: the names. Error: `HAPROXY_ANSWER`. */
export function parseBackends(text: string): readonly string[] {
	const [header, ...names] = text.split("\n").filter((line) => line !== "");
	if (header?.trim() !== "# name") throw unexpected("show backend", 'the header "# name"', text);
	return names;
}

/** Masks of `srv_admin_state` (management guide, "show servers state"); 0x04 only says what the file said. */
const maintenanceBits = 0x01 | 0x02 | 0x20;
const drainBits = 0x08 | 0x10;
/** Masks of `srv_check_state`. */
const checkConfigured = 0x02;
const checkEnabled = 0x04;

/** Reads `show servers state`, by the names of its columns: the servers by backend. Error: `HAPROXY_ANSWER`. */
export function parseServers(text: string): ReadonlyMap<string, readonly RunningServer[]> {
	const lines = text.split("\n").filter((line) => line !== "");
	const what = "show servers state";
	if (lines[0] !== "1") throw unexpected(what, 'format version "1" on the first line', text);
	const columns = new Map(
		(lines[1] ?? "")
			.replace(/^#\s*/, "")
			.split(" ")
			.map((name, index) => [name, index]),
	);
	const backends = new Map<string, RunningServer[]>();
	for (const line of lines.slice(2)) {
		if (line.startsWith("#")) continue;
		const cells = line.split(" ");
		const cell = (name: string) => {
			const value = cells[columns.get(name) ?? -1];
			if (value === undefined) throw unexpected(what, `a column ${name} in each line`, line);
			return value;
		};
		const number = (name: string) => {
			const value = Number(cell(name));
			if (!Number.isInteger(value)) throw unexpected(what, `a number in column ${name}`, line);
			return value;
		};
		const admin = number("srv_admin_state");
		const checks = number("srv_check_state");
		const state: AdminState = admin & maintenanceBits ? "maint" : admin & drainBits ? "drain" : "ready";
		const backend = cell("be_name");
		const list = backends.get(backend) ?? [];
		backends.set(backend, list);
		list.push({
			name: cell("srv_name"),
			address: cell("srv_addr"),
			port: number("srv_port"),
			weight: number("srv_uweight"),
			state,
			checks: checks & checkConfigured ? (checks & checkEnabled ? "on" : "off") : "none",
		});
	}
	return backends;
}

/** What HAProxy says when it did as it was told; anything else is a refusal. */
const successes = [
	/^$/,
	/^New server registered\.$/,
	/^Server deleted\.$/,
	// The answer to `set server ... addr`, in one sentence for address and port.
	/^(?:IP changed from|no need to change the addr|nothing changed)\b/,
	/^port changed from\b/,
];

/** Whether the answer to a changing command means that it was done. */
export function isDone(answer: string): boolean {
	return successes.some((success) => success.test(answer.trim()));
}

function unexpected(command: string, wanted: string, text: string): DiscoError {
	const shown = text.trim().slice(0, 200);
	return new DiscoError("HAPROXY_ANSWER", `"${command}" answered ${JSON.stringify(shown)} where ${wanted} should be`);
}
