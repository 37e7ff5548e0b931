import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DiscoError } from "../../../lib/errors.ts";
import type { FlagSpecs, parseFlags } from "../../../lib/flags.ts";

export const devFlags = {
	bind: { kind: "string", usage: "Address for everything; 127.0.0.1 unless given", placeholder: "address" },
	"http-port": { kind: "int", usage: "Port of the agent's HTTP API and page; 8500 unless given", placeholder: "port" },
	"dns-port": { kind: "int", usage: "Port of the agent's DNS; 8600 unless given", placeholder: "port" },
	"proxy-port": { kind: "int", usage: "Port of HAProxy; 8080 unless given", placeholder: "port" },
	template: { kind: "string", usage: "Template of HAProxy's configuration", placeholder: "path" },
	folder: {
		kind: "string",
		usage: "Folder for the rendered file; .disco unless given, removed at the end",
		placeholder: "path",
	},
	haproxy: { kind: "string", usage: "HAProxy's program; haproxy unless given", placeholder: "program" },
} as const satisfies FlagSpecs;

/** What `disco dev` was asked for. */
export interface DevOptions {
	readonly address: string;
	readonly httpPort: number;
	readonly dnsPort: number;
	readonly proxyPort: number;
	readonly template: string;
	/** Absolute. */
	readonly folder: string;
	readonly haproxy: string;
	/** `dist/disco-template.js`. */
	readonly templateProgram: string;
	/** `examples/dev/api.mjs`. */
	readonly serviceProgram: string;
}

/** Fails with `FLAG_VALUE_INVALID`, or `FILE_MISSING` naming what is not there and how to get it. */
export function parseDevOptions(values: ReturnType<typeof parseFlags<typeof devFlags>>["values"]): DevOptions {
	const address = values.bind ?? "127.0.0.1";
	if (isIP(address) === 0)
		throw new DiscoError("FLAG_VALUE_INVALID", `option -bind: "${address}" is not an IP address`);
	// This code runs as one of dist/disco.*.js, beside the other programs; the examples are in the folder above.
	const dist = dirname(fileURLToPath(import.meta.url));
	const examples = join(dist, "..", "examples");
	return {
		address,
		httpPort: port("http-port", values["http-port"] ?? 8500),
		dnsPort: port("dns-port", values["dns-port"] ?? 8600),
		proxyPort: port("proxy-port", values["proxy-port"] ?? 8080),
		template: present(
			"template",
			resolve(values.template ?? join(examples, "haproxy", "haproxy.ctmpl")),
			"give -template",
		),
		folder: resolve(values.folder ?? ".disco"),
		haproxy: values.haproxy ?? "haproxy",
		templateProgram: present("program", join(dist, "disco-template.js"), "run npm run build"),
		serviceProgram: present("sample service", join(examples, "dev", "api.mjs"), "it comes with disco's package"),
	};
}

function port(flag: string, value: number): number {
	if (value < 1 || value > 65535)
		throw new DiscoError("FLAG_VALUE_INVALID", `option -${flag}: ${value} is not a port (1 to 65535)`);
	return value;
}

function present(what: string, path: string, advice: string): string {
	if (!existsSync(path)) throw new DiscoError("FILE_MISSING", `${what} ${path} is not there; ${advice}`);
	return path;
}
