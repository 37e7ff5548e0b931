import { DiscoError } from "../../lib/errors.ts";
import { requireArguments, simpleCommand } from "./command.ts";

/** Each asks `disco complete` for what may follow the words so far; with nothing to say, the shell offers files. */
const scripts: Readonly<Record<string, string>> = {
	bash: `_disco() {
	local IFS=$'\\n'
	COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _disco disco
`,
	zsh: `#compdef disco
_disco() {
	local -a found
	found=(\${(f)"$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
	if (( \${#found} )); then compadd -- $found; else _files; fi
}
# Found in fpath, this file is the function's first call; read by source, it says what it is for.
if [[ \${funcstack[1]} == _disco ]]; then _disco "$@"; else compdef _disco disco; fi
`,
	fish: `complete -c disco -a '(disco complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

export const completion = simpleCommand({
	usage: "SHELL",
	about: `Prints what makes bash, zsh or fish complete disco's commands and options.

  disco completion bash > /etc/bash_completion.d/disco
  disco completion zsh > "\${fpath[1]}/_disco"
  disco completion fish > ~/.config/fish/completions/disco.fish`,
	flags: {},
	async run({ rest }, io) {
		requireArguments(rest, 1, 1, "bash, zsh or fish");
		const shell = rest[0] ?? "";
		const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
		if (script === undefined) throw new DiscoError("ARGUMENT_INVALID", `"${shell}" is not bash, zsh or fish`);
		io.stdout(script);
		return 0;
	},
});
