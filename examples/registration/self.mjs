// A service that registers itself: node self.mjs HOST PORT. It tells its agent where it is, reports every second that it is well
// (a TTL check: who reports no more is critical), and deregisters itself when it is asked to end.
import { createServer } from "node:http";
import { createClient } from "disco/client";

const [host, port] = process.argv.slice(2);
const client = createClient({ address: process.env.CONSUL_HTTP_ADDR });
const id = `self-${port}`;

const server = createServer((_request, response) => response.end("registered by myself\n"));
server.listen(Number(port), host, async () => {
	// Away for a minute: the agent forgets it.
	const check = { CheckID: `${id}-alive`, TTL: "5s", DeregisterCriticalServiceAfter: "1m" };
	await client.agent.registerService({ ID: id, Name: "self", Address: host, Port: Number(port), Check: check });
	const report = () => client.agent.passCheck(check.CheckID, { note: "I am well" }).catch(console.error);
	await report();
	setInterval(report, 1000);
});
process.on("SIGTERM", async () => {
	await client.agent.deregisterService(id);
	process.exit(0);
});
