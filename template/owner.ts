import { readFileSync } from "node:fs";
import { DiscoError } from "../lib/errors.ts";

/** The number of a user by name or number. Error: `USER_UNKNOWN`. */
export function userId(nameOrId: string): number {
	return lookUp(nameOrId, "/etc/passwd", "user", "USER_UNKNOWN");
}

/** The number of a group by name or number. Error: `GROUP_UNKNOWN`. */
export function groupId(nameOrId: string): number {
	return lookUp(nameOrId, "/etc/group", "group", "GROUP_UNKNOWN");
}

/** Both files are lines of `NAME:PASSWORD:ID:...`. */
function lookUp(nameOrId: string, file: string, kind: string, code: string): number {
	if (/^\d+$/.test(nameOrId)) return Number(nameOrId);
	for (const line of readFileSync(file, "utf8").split("\n")) {
		const [name, , id] = line.split(":");
		if (name === nameOrId && id !== undefined) return Number(id);
	}
	throw new DiscoError(code, `${kind}: unknown ${kind} ${nameOrId}`);
}
