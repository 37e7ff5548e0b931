import { DiscoError } from "../../lib/errors.ts";

/** Where containers, or what stands for them, come from (`-source`). */
export type SourceOption =
	| { readonly kind: "docker" }
	| { readonly kind: "compose" | "dir"; readonly path: string }
	| { readonly kind: "exec"; readonly command: string }
	/** `pattern`: which units, as systemctl takes it. */
	| { readonly kind: "systemd"; readonly pattern: string };

/** Reads `docker`, `compose=FILE`, `systemd`, `systemd=PATTERN`, `dir=PATH` or `exec=COMMAND`. Error: `OPTION_INVALID`. */
export function parseSource(text: string): SourceOption {
	if (text === "docker") return { kind: "docker" };
	if (text === "systemd") return { kind: "systemd", pattern: "*.service" };
	const match = /^(compose|dir|exec|systemd)=(.+)$/s.exec(text);
	if (match?.[2] === undefined) {
		throw new DiscoError(
			"OPTION_INVALID",
			`-source: "${text}" is none of docker, compose=FILE, systemd[=PATTERN], dir=PATH and exec=COMMAND`,
		);
	}
	if (match[1] === "exec") return { kind: "exec", command: match[2] };
	if (match[1] === "systemd") return { kind: "systemd", pattern: match[2] };
	return { kind: match[1] === "dir" ? "dir" : "compose", path: match[2] };
}
