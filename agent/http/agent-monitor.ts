import { type LogLevel, parseLogLevel } from "../../lib/log/index.ts";
import { badRequest } from "./failures.ts";
import { createQueue } from "./queue.ts";
import { type Reply, stream } from "./reply.ts";
import type { ApiRequest, Context, Route } from "./route.ts";

/** Lines kept for a client that reads slowly; of more the oldest are left out. */
const linesMax = 512;

/** `/v1/agent/monitor`: the agent's log as it is written. */
export const agentMonitorRoutes: readonly Route[] = [
	{
		path: "/v1/agent/monitor",
		methods: {
			GET: {
				permission: { resource: "agent", access: "read", of: (_request, { config }) => config.nodeName },
				handle: monitor,
			},
		},
	},
];

function monitor(request: ApiRequest, { logger }: Context): Reply {
	const level = levelOf(request);
	const json = request.query.has("logjson");
	const lines = createQueue<string>(linesMax, request.signal());
	const end = logger.tap?.({ level, json }, (line) => lines.push(line));
	return stream(
		(async function* () {
			try {
				yield* lines.items();
			} finally {
				end?.();
			}
		})(),
		"text/plain; charset=utf-8",
	);
}

function levelOf({ query }: ApiRequest): LogLevel {
	const text = query.first("loglevel") ?? "";
	const level = parseLogLevel(text === "" ? "info" : text);
	if (level === undefined) throw badRequest(`Unknown log level: ${text}; it is trace, debug, info, warn or error`);
	return level;
}
