import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { succeed } from "../support/programs.ts";
import { program, temporaryFolder } from "./support.ts";

/** A folder with `disco` for the PATH and the completion of one shell, under the name by which that shell finds it. */
async function prepared(shell: string, name: string) {
	const folder = temporaryFolder();
	writeFileSync(join(folder, "disco"), `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`);
	chmodSync(join(folder, "disco"), 0o755);
	writeFileSync(join(folder, name), await succeed(process.execPath, [program, "completion", shell]));
	const env = { PATH: `${folder}:${process.env["PATH"]}`, HOME: folder, XDG_CONFIG_HOME: folder };
	return { folder, run: (script: string) => succeed(shell, ["-c", script], { env, cwd: folder }) };
}

describe("completion", () => {
	it("bash", async () => {
		const { run } = await prepared("bash", "disco.bash");
		const script = (...words: string[]) =>
			`source ./disco.bash; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _disco; echo "\${COMPREPLY[@]}"`;
		expect(await run(script("disco", "kv", "g"))).toBe("get\n");
		expect(await run(script("disco", "kv", "get", "-b"))).toBe("-base64\n");
		// A key is due: nothing is offered, and bash goes on with files.
		expect(await run(script("disco", "kv", "get", "x"))).toBe("\n");
	});

	it("fish", async () => {
		const { run } = await prepared("fish", "disco.fish");
		expect(await run('source disco.fish; complete -C "disco kv g"')).toBe("get\n");
		expect(await run('source disco.fish; complete -C "disco kv get -b"')).toBe("-base64\n");
	});

	// A terminal in which the key TAB is pressed.
	it.each([
		["found in fpath", "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D"],
		["read by source", "autoload -Uz compinit; compinit -u -D; source ./_disco"],
	])("zsh, %s", async (_, start) => {
		const { run } = await prepared("zsh", "_disco");
		const output = await run(`
zmodload zsh/zpty
zpty -b terminal "zsh -f -i"
read_until() {
	local all="" piece=""
	while [[ $all != *$1* ]]; do zpty -r terminal piece && all+=$piece || sleep 0.1; done
	print -r -- "$all"
}
zpty -w terminal '${start}; PS1=""; print READ""Y'
read_until READY
zpty -n -w terminal $'disco kv ge\\t'
read_until 'kv get'
zpty -d terminal`);
		expect(output).toContain("disco kv get");
	});
});
