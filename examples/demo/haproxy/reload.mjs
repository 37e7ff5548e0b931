// Run by disco-template after each new haproxy.cfg: refuses a file that HAProxy would refuse, and registers the balancer as
// `haproxy` with a tag per service in the file, so that DNS answers api.haproxy.service.consul. disco-template itself then signals
// HAProxy (-exec-reload-signal).
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { hostname, networkInterfaces } from "node:os";

const file = process.env.HAPROXY_CFG ?? "/run/disco/haproxy.cfg";
const agent = new URL(`http://${(process.env.CONSUL_HTTP_ADDR ?? "127.0.0.1:8500").replace(/^https?:\/\//, "")}`);
const port = Number(process.env.HAPROXY_PORT ?? 8080);

try {
	execFileSync("haproxy", ["-c", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
} catch (error) {
	console.error(`reload: HAProxy refuses ${file}: ${String(error.stderr ?? error.message).trim()}`);
	process.exit(1);
}

const routed = [...readFileSync(file, "utf8").matchAll(/^\s*acl host_(\S+) /gm)].map((match) => match[1]);
const address = Object.values(networkInterfaces())
	.flat()
	.find((entry) => entry.family === "IPv4" && !entry.internal)?.address;
const registration = {
	ID: `haproxy-${hostname()}`,
	Name: "haproxy",
	Tags: routed,
	Address: address ?? "127.0.0.1",
	Port: port,
	Check: {
		TCP: `${address ?? "127.0.0.1"}:${port}`,
		Interval: "2s",
		Timeout: "1s",
		Status: "passing",
		DeregisterCriticalServiceAfter: "1m",
	},
};

const outgoing = request(
	{ host: agent.hostname, port: agent.port, path: "/v1/agent/service/register", method: "PUT", timeout: 5000 },
	(response) => {
		response.resume();
		if (response.statusCode === 200) console.log(`reload: ${routed.length} service(s) routed: ${routed.join(", ")}`);
		else fail(`the agent at ${agent.host} answered ${response.statusCode}`);
	},
);
outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 5 s")));
outgoing.on("error", (error) => fail(`the agent at ${agent.host} cannot be reached: ${error.message}`));
outgoing.end(JSON.stringify(registration));

function fail(reason) {
	console.error(`reload: haproxy is not registered: ${reason}`);
	process.exitCode = 1;
}
