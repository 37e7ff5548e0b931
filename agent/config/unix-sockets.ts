import { readFileSync } from "node:fs";
import { DiscoError } from "../../lib/errors.ts";
import type { Fragment } from "./keys.ts";

/** Who may use the agent's Unix sockets; what is absent stays as the process makes it. */
export interface SocketRights {
	readonly mode?: number;
	readonly userId?: number;
	readonly groupId?: number;
}

/** `unix_sockets`: user and group as names or numbers, the mode in octal. Fails with `CONFIG_INVALID`. */
export function socketRights({ unix_sockets: given = {} }: Fragment): SocketRights {
	const { user = "", group = "", mode = "" } = given;
	return {
		...(mode === "" ? {} : { mode: parseMode(mode) }),
		...(user === "" ? {} : { userId: idOf("user", user, "/etc/passwd") }),
		...(group === "" ? {} : { groupId: idOf("group", group, "/etc/group") }),
	};
}

function parseMode(text: string): number {
	if (!/^[0-7]{3,4}$/.test(text)) {
		throw new DiscoError("CONFIG_INVALID", `unix_sockets.mode: "${text}" is no mode in octal digits such as "0660"`);
	}
	// As the reference: rights only, no bit of set-user-ID and its like.
	return Number.parseInt(text, 8) & 0o777;
}

/** passwd(5), group(5): the name is the first field, the number the third. */
function idOf(kind: "user" | "group", text: string, file: string): number {
	if (/^\d{1,9}$/.test(text)) return Number(text);
	const entry = readOrEmpty(file)
		.split("\n")
		.map((line) => line.split(":"))
		.find(([name]) => name === text);
	if (entry === undefined || !/^\d+$/.test(entry[2] ?? "")) {
		throw new DiscoError(
			"CONFIG_INVALID",
			`unix_sockets.${kind}: there is no ${kind} "${text}" in ${file}; give the name or number of one`,
		);
	}
	return Number(entry[2]);
}

function readOrEmpty(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return "";
	}
}
