import { type Client, watch } from "../../client/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { nodeClock, nodeRandom } from "../../lib/node/index.ts";
import { clientFlags, serverFlags, withClient } from "./client-flags.ts";
import { type CommandIo, simpleCommand } from "./command.ts";
import { type Balancer, createBalancer, targetsOf } from "./connect/balancer.ts";
import { type PortProxy, startProxy } from "./connect/proxy.ts";
import { untilSignals } from "./signals.ts";

const connectionsMaxDefault = 1_024;
const connectTimeoutMsDefault = 5_000;
const graceMsDefault = 5_000;
/** The same refusal is not told more often. */
const tellAgainMs = 10_000;

export const connect = simpleCommand({
	usage: "-listen ADDRESS:PORT -service [TAG.]NAME[@DATACENTER] ...",
	about: `Listens on local TCP ports and passes connections on to the healthy instances of services, so that a program needs to know only
127.0.0.1. Follows every change; a connection that is open is never cut because instances come, go or drain. Ends with Ctrl-C.`,
	examples: [
		"disco connect -listen 127.0.0.1:6379 -service redis",
		"disco connect -listen :5432 -service primary.postgres -listen :8080 -service web@dc2",
	],
	flags: {
		listen: {
			kind: "list",
			usage: "Address to listen on, for the -service after it; 127.0.0.1 without a host; may be repeated",
			placeholder: "address:port",
		},
		service: { kind: "list", usage: "Service behind the -listen before it", placeholder: "name" },
		"max-connections": { kind: "int", usage: "Connections per port; more are closed at once; 1024 unless given" },
		"connect-timeout": {
			kind: "duration",
			usage: "Time to reach an instance, after which the next is tried; 5s unless given",
		},
		grace: { kind: "duration", usage: "How long open connections may go on at the end; 5s unless given" },
		...serverFlags,
		...clientFlags,
	},
	async run({ values, inOrder, rest }, io) {
		if (rest.length > 0) {
			throw new DiscoError("ARGUMENT_INVALID", `"${rest[0]}" is one too much; give options only`);
		}
		const routes = parseRoutes(inOrder);
		const connectionsMax = values["max-connections"] ?? connectionsMaxDefault;
		if (connectionsMax < 1) {
			throw new DiscoError("FLAG_VALUE_INVALID", `option -max-connections: ${connectionsMax} is below 1`);
		}
		return withClient(values, io, async (client, read) => {
			const signals = untilSignals();
			const ending = new AbortController();
			signals.signal.addEventListener("abort", () => ending.abort(), { once: true });
			const proxies: PortProxy[] = [];
			try {
				const started = routes.map(async (route) => {
					const balancer = createBalancer(() => nodeClock.monotonicMs(), Math.random);
					const tell = seldom(io);
					const open = async () => {
						const proxy = await startProxy({
							listen: route.listen,
							balancer,
							connectionsMax,
							connectTimeoutMs: values["connect-timeout"] ?? connectTimeoutMsDefault,
							onRefused: (reason) => tell(`${route.service.text}: a connection was refused: ${reason}`),
						});
						proxies.push(proxy);
						io.stdout(`${route.listen.host}:${proxy.port} -> ${route.service.text}\n`);
					};
					await follow({ client, route, balancer, read, io, signal: ending.signal, onFirst: open });
				});
				// The first that fails ends all.
				await Promise.all(started);
			} finally {
				ending.abort();
				const graceMs = values.grace ?? graceMsDefault;
				// Who asks twice does not want to wait.
				const again = untilSignals();
				signals.release();
				await Promise.all(proxies.map((proxy) => proxy.close(signals.signal.aborted ? graceMs : 0, again.signal)));
				again.release();
			}
			return 0;
		});
	},
});

interface Route {
	readonly listen: { readonly host: string; readonly port: number };
	readonly service: {
		readonly text: string;
		readonly name: string;
		readonly tag?: string;
		readonly datacenter?: string;
	};
}

/** Each `-service` belongs to the `-listen` before it. */
function parseRoutes(inOrder: readonly { readonly name: string; readonly text: string }[]): readonly Route[] {
	const routes: Route[] = [];
	let listen: string | undefined;
	for (const { name, text } of inOrder) {
		if (name !== "listen" && name !== "service") continue;
		if ((name === "listen") === (listen !== undefined)) {
			throw new DiscoError(
				"FLAG_VALUE_INVALID",
				`option -${name} ${text}: give pairs, first -listen and then its -service`,
			);
		}
		if (name === "listen") listen = text;
		else {
			routes.push({ listen: parseListen(listen ?? ""), service: parseService(text) });
			listen = undefined;
		}
	}
	if (listen !== undefined || routes.length === 0) {
		throw new DiscoError("FLAG_VALUE_MISSING", "give -listen ADDRESS:PORT and then -service NAME");
	}
	return routes;
}

function parseListen(text: string): Route["listen"] {
	const match = /^(?:\[([0-9A-Fa-f:.%\w]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
	const port = Number(match?.[3]);
	if (match === null || port > 65_535) {
		throw new DiscoError("FLAG_VALUE_INVALID", `option -listen: "${text}" is not ADDRESS:PORT, such as 127.0.0.1:6379`);
	}
	return { host: match[1] ?? (match[2] || "127.0.0.1"), port };
}

function parseService(text: string): Route["service"] {
	const match = /^(?:([\w=:.-]+)\.)?([\w-]+)(?:@([\w.-]+))?$/.exec(text);
	if (match === null) {
		throw new DiscoError("FLAG_VALUE_INVALID", `option -service: "${text}" is not [TAG.]NAME[@DATACENTER]`);
	}
	const [, tag, name = "", datacenter] = match;
	return {
		text,
		name,
		...(tag === undefined ? {} : { tag }),
		...(datacenter === undefined ? {} : { datacenter }),
	};
}

/** Keeps the balancer in step until the signal; an agent that is away is asked again, with what was known last. */
async function follow(options: {
	readonly client: Client;
	readonly route: Route;
	readonly balancer: Balancer;
	readonly read: { readonly consistency?: "stale" };
	readonly io: CommandIo;
	readonly signal: AbortSignal;
	readonly onFirst: () => Promise<void>;
}): Promise<void> {
	const { client, route, balancer, io, signal } = options;
	const { name, tag, datacenter, text } = route.service;
	const answers = watch(
		(query) =>
			client.health.service(name, {
				...query,
				...options.read,
				...(tag === undefined ? {} : { tags: [tag] }),
				...(datacenter === undefined ? {} : { datacenter }),
			}),
		{
			clock: nodeClock,
			random: nodeRandom,
			signal,
			backoff: { maxMs: 10_000 },
			onError({ error, retryInMs }) {
				// What never worked and cannot work is a mistake of the user's.
				if (!error.retryable && !listening) return "stop";
				io.stderr(`${text}: ${error.message}; asked again in ${Math.ceil(retryInMs / 1000)} s\n`);
				return "retry";
			},
		},
	);
	let listening = false;
	for await (const { value } of answers) {
		balancer.update(targetsOf(value));
		if (!listening) await options.onFirst();
		listening = true;
	}
}

/** Tells a line on stderr, and the next only after a while. */
function seldom(io: CommandIo): (line: string) => void {
	let toldAtMs = Number.NEGATIVE_INFINITY;
	let unsaid = 0;
	return (line) => {
		const nowMs = nodeClock.monotonicMs();
		if (nowMs - toldAtMs < tellAgainMs) {
			unsaid++;
			return;
		}
		io.stderr(`${line}${unsaid === 0 ? "" : ` (and ${unsaid} more before)`}\n`);
		toldAtMs = nowMs;
		unsaid = 0;
	};
}
