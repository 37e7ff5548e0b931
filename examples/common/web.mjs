// A web server for the examples: node web.mjs NAME HOST PORT. Answers with its name and, at /health, with 200 while it is well:
// PUT /break makes it sick (503), PUT /mend well again. /metrics is for Prometheus.
import { createServer } from "node:http";

const [name, host, port] = process.argv.slice(2);
let well = true;
let requests = 0;

const server = createServer((request, response) => {
	const { pathname } = new URL(request.url ?? "/", "http://localhost");
	if (request.method === "PUT" && (pathname === "/break" || pathname === "/mend")) well = pathname === "/mend";
	requests++;
	response.writeHead(pathname === "/health" && !well ? 503 : 200, { "content-type": "text/plain" });
	if (pathname === "/health") response.end(well ? "well\n" : "sick\n");
	else if (pathname === "/metrics") response.end(`# TYPE web_requests_total counter\nweb_requests_total ${requests}\n`);
	else response.end(`${name}\n`);
});
server.listen(Number(port), host, () => console.log(`${name} listens on ${host}:${port}`));
process.on("SIGTERM", () => process.exit(0));
