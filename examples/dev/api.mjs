// The sample service of `disco dev`: answers every request with the id of the instance, and /health with 200 while it is well.
// PUT /break makes it sick, PUT /mend well again, so that one can watch it leave and come back.
import { createServer } from "node:http";

const id = process.env.INSTANCE ?? "api";
const host = process.env.HOST ?? "127.0.0.1";
let well = true;

const server = createServer((request, response) => {
	const path = new URL(request.url ?? "/", "http://localhost").pathname;
	if (request.method === "PUT" && (path === "/break" || path === "/mend")) well = path === "/mend";
	const healthy = well || path !== "/health";
	response.writeHead(healthy ? 200 : 503, { "Content-Type": "text/plain", "X-Instance": id });
	response.end(path === "/health" ? (well ? "well\n" : "sick\n") : `Hello from ${id}\n`);
});
server.listen(Number(process.env.PORT ?? 0), host, () => {
	const address = server.address();
	console.log(`listening ${typeof address === "object" ? address?.port : ""}`);
});

// Whoever started it holds the other end of its standard input: when that is gone, nobody needs it any more.
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
process.on("SIGTERM", () => process.exit(0));
