import { appendFileSync, chmodSync, chownSync, lstatSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolders } from "../../lib/node/index.ts";
import { bytesOfText, goFunc } from "../gotmpl/index.ts";
import { groupId, userId } from "../owner.ts";
import { insideSandbox } from "../sandbox.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";

/** Functions whose purpose is an effect on files. */
export function fileFunctions({ sandboxPath, sandboxesEffects }: FunctionContext): FunctionFamily {
	const writeToFileFunction = goFunc(
		"func(string, string, string, string, ...string) (string, error)",
		(path: string, user: string, group: string, mode: string, ...rest: string[]) => {
			const [flags, content] = rest.length === 1 ? ["", rest[0] ?? ""] : [rest[0] ?? "", rest[1] ?? ""];
			if (rest.length === 0 || rest.length > 2) {
				throw new Error(`writeToFile: wrong number of arguments, expected 5 or 6, but got ${rest.length + 4}`);
			}
			if (sandboxPath !== undefined && sandboxesEffects) insideSandbox(sandboxPath, path);
			writeToFile({ path, user, group, mode, append: flags.includes("append"), content: withNewline(content, flags) });
			return "";
		},
	);
	return { writeToFile: writeToFileFunction };
}

function withNewline(content: string, flags: string): string {
	return flags.includes("newline") ? `${content}\n` : content;
}

function writeToFile(file: {
	readonly path: string;
	readonly user: string;
	readonly group: string;
	readonly mode: string;
	readonly append: boolean;
	readonly content: string;
}): void {
	const { path } = file;
	if (!/^[0-7]+$/.test(file.mode))
		throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(file.mode)}: invalid syntax`);
	const mode = Number.parseInt(file.mode, 8);
	const uid = file.user === "" ? undefined : userId(file.user);
	const gid = file.group === "" ? undefined : groupId(file.group);
	for (const place of [path, dirname(path)]) {
		if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
			throw new Error(`writeToFile: ${place} is a symbolic link`);
		}
	}
	makeFolders(dirname(path), 0o755);
	const write = file.append ? appendFileSync : writeFileSync;
	write(path, bytesOfText(file.content), { mode });
	chmodSync(path, mode);
	if (uid === undefined && gid === undefined) return;
	const info = statSync(path);
	chownSync(path, uid ?? info.uid, gid ?? info.gid);
}
