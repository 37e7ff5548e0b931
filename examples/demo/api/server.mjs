// The demo's service: says which container answered, and whether it is healthy; /slow sends its answer over SECONDS (?seconds=6).
//
// Asked to end (SIGTERM, `docker stop`) it drains: it goes on answering until nobody has asked for DRAIN_QUIET_MS, for at most
// DRAIN_MAX_MS, then takes no more and ends when what runs is done. Before that the registrator has told the registry, and the
// balancer sends nothing more. DRAIN_MAX_MS must be shorter than what Docker waits (`docker stop -t`, 10 s).
import { createServer } from "node:http";
import { hostname } from "node:os";

const port = Number(process.env.PORT ?? 5000);
const drainQuietMs = Number(process.env.DRAIN_QUIET_MS ?? 1500);
const drainMaxMs = Number(process.env.DRAIN_MAX_MS ?? 8000);

let running = 0;
let lastAskedMs = 0;
/** When it was asked to end. */
let drainingSinceMs;

const nowMs = () => performance.now();

const server = createServer((request, response) => {
	const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
	if (pathname === "/health") {
		response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
		return;
	}
	running++;
	lastAskedMs = nowMs();
	response.on("close", () => running--);
	// Who keeps a connection to this server must open the next one elsewhere.
	if (drainingSinceMs !== undefined) response.setHeader("connection", "close");
	if (pathname === "/slow") {
		sendSlowly(response, Number(searchParams.get("seconds") ?? 6));
		return;
	}
	const draining = drainingSinceMs === undefined ? {} : { drainingMs: Math.round(nowMs() - drainingSinceMs) };
	response.writeHead(200, { "content-type": "application/json" });
	response.end(`${JSON.stringify({ service: "api", instance: hostname(), path: pathname, ...draining })}\n`);
});
server.listen(port, () => console.log(`api ${hostname()} listens on ${port}`));

/** A line every 100 ms that says which one it is, of how many. */
function sendSlowly(response, seconds) {
	const lines = Math.min(Math.max(Math.round(seconds * 10), 1), 6000);
	response.writeHead(200, { "content-type": "text/plain" });
	let line = 0;
	const timer = setInterval(() => {
		line++;
		response.write(`${hostname()} ${line}/${lines}\n`);
		if (line < lines) return;
		clearInterval(timer);
		response.end();
	}, 100);
	response.on("close", () => clearInterval(timer));
}

function drain() {
	if (drainingSinceMs !== undefined) return;
	drainingSinceMs = nowMs();
	console.log(`api ${hostname()} drains`);
	const timer = setInterval(() => {
		const quiet = running === 0 && nowMs() - Math.max(lastAskedMs, drainingSinceMs) >= drainQuietMs;
		if (!quiet && nowMs() - drainingSinceMs < drainMaxMs) return;
		clearInterval(timer);
		console.log(
			`api ${hostname()} takes no more after ${Math.round(nowMs() - drainingSinceMs)} ms; ${running} under way`,
		);
		// Ends idle connections at once, and with the last request the process.
		server.close(() => process.exit(0));
	}, 50);
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, drain);
