import {
	type Client,
	type ClientOptions,
	clientOptionsFromEnvironment,
	createClient,
	readTokenFile,
} from "../../client/index.ts";
import type { FlagSpecs } from "../../lib/flags.ts";
import type { CommandIo } from "./command.ts";

/** Options of every command that talks with an agent. */
export const clientFlags = {
	"http-addr": { kind: "string", usage: "Address of the agent; 127.0.0.1:8500 unless given", placeholder: "address" },
	token: { kind: "string", usage: "ACL token", placeholder: "token" },
	"token-file": { kind: "string", usage: "File that holds the ACL token", placeholder: "path" },
	"ca-file": { kind: "string", usage: "CA certificates to trust", placeholder: "path" },
	"ca-path": { kind: "string", usage: "Folder of CA certificates to trust", placeholder: "path" },
	"client-cert": { kind: "string", usage: "Client certificate", placeholder: "path" },
	"client-key": { kind: "string", usage: "Client key", placeholder: "path" },
	"tls-server-name": { kind: "string", usage: "Name that the agent's certificate must have", placeholder: "name" },
	namespace: { kind: "string", usage: "Taken for compatibility", hidden: true },
	partition: { kind: "string", usage: "Taken for compatibility", hidden: true },
} as const satisfies FlagSpecs;

/** Options of commands that ask the servers. */
export const serverFlags = {
	...clientFlags,
	datacenter: { kind: "string", usage: "Ask another datacenter", placeholder: "name" },
	stale: { kind: "bool", usage: "Take the answer of any server, it may be a little old" },
} as const satisfies FlagSpecs;

type ClientFlagValues = { readonly [Name in keyof typeof clientFlags]?: string } & {
	readonly datacenter?: string;
	readonly stale?: boolean;
};

/** Runs `use` with a client made from the environment and, over it, the options. Closes it afterwards. */
export async function withClient<Result>(
	values: ClientFlagValues,
	io: CommandIo,
	use: (client: Client, read: { readonly consistency?: "stale" }) => Promise<Result>,
): Promise<Result> {
	const environment = clientOptionsFromEnvironment(io.env);
	const tls = Object.fromEntries(
		Object.entries({
			caFile: values["ca-file"],
			caFolder: values["ca-path"],
			certFile: values["client-cert"],
			keyFile: values["client-key"],
			serverName: values["tls-server-name"],
		}).filter(([, value]) => value !== undefined),
	);
	const token = values["token-file"] === undefined ? values.token : readTokenFile(values["token-file"], "-token-file");
	const options: ClientOptions = {
		...environment,
		...(values["http-addr"] === undefined ? {} : { address: values["http-addr"] }),
		...(token === undefined ? {} : { token }),
		...(values.datacenter === undefined ? {} : { datacenter: values.datacenter }),
		tls: { ...environment.tls, ...tls },
		// One question, one answer: a kept connection would only hold the process up.
		idleConnectionMs: 0,
	};
	const client = createClient(options);
	try {
		return await use(client, values.stale === true ? { consistency: "stale" } : {});
	} finally {
		client.close();
	}
}
