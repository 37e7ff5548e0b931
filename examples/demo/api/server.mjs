// The demo's service: says which container answered, and whether it is healthy. Ends at once when asked to.
import { createServer } from "node:http";
import { hostname } from "node:os";

const port = Number(process.env.PORT ?? 5000);

const server = createServer((request, response) => {
	const { pathname } = new URL(request.url ?? "/", "http://localhost");
	if (pathname === "/health") {
		response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
		return;
	}
	response.writeHead(200, { "content-type": "application/json" });
	response.end(`${JSON.stringify({ service: "api", instance: hostname(), path: pathname })}\n`);
});
server.listen(port, () => console.log(`api ${hostname()} listens on ${port}`));

for (const signal of ["SIGTERM", "SIGINT"]) {
	process.on(signal, () => {
		server.close(() => process.exit(0));
		server.closeAllConnections();
	});
}
