// Run by disco-template after each new haproxy.cfg: refuses a file that HAProxy would refuse, has HAProxy read it, and registers
// the balancer as `haproxy` with a tag per service in the file, so that DNS answers api.haproxy.service.consul.
//
// The reload goes through HAProxy's master socket, not by SIGUSR2: a master that is reloading loses further signals, and goes on
// with the file before the last. The socket refuses meanwhile, so that it can be tried again.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { hostname, networkInterfaces } from "node:os";

const file = process.env.HAPROXY_CFG ?? "/run/disco/haproxy.cfg";
const masterSocket = process.env.HAPROXY_MASTER ?? "/run/disco/master.sock";
/** How long HAProxy may take to start or reload. */
const patienceMs = 20_000;
const agent = new URL(`http://${(process.env.CONSUL_HTTP_ADDR ?? "127.0.0.1:8500").replace(/^https?:\/\//, "")}`);
const port = Number(process.env.HAPROXY_PORT ?? 8080);

try {
	execFileSync("haproxy", ["-c", "-f", file], { stdio: ["ignore", "ignore", "pipe"] });
} catch (error) {
	console.error(`reload: HAProxy refuses ${file}: ${String(error.stderr ?? error.message).trim()}`);
	process.exit(1);
}

// One that does not run yet reads this file when it starts.
if (isRunning("haproxy")) await reload();

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

function isRunning(program) {
	return readdirSync("/proc").some((pid) => {
		try {
			return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === program;
		} catch {
			return false;
		}
	});
}

async function reload() {
	const endMs = performance.now() + patienceMs;
	for (;;) {
		const { answer, error } = await command("reload");
		// Since 2.7 it answers when the new process runs; before, the connection ends with the process that took it.
		if (error === undefined && !answer.startsWith("Success=0")) return;
		if (error === undefined || performance.now() > endMs) {
			console.error(`reload: HAProxy does not reload: ${error?.message ?? answer.trim()}`);
			process.exit(1);
		}
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

/** What the master answers to a command, when it has closed the connection. */
function command(words) {
	return new Promise((resolve) => {
		let answer = "";
		const socket = connect(masterSocket, () => socket.write(`${words}\n`));
		socket.setEncoding("utf8").on("data", (text) => {
			answer += text;
		});
		socket.setTimeout(patienceMs, () => socket.destroy(new Error("no answer from the master")));
		socket.on("error", (error) => resolve({ answer, error }));
		socket.on("close", () => resolve({ answer }));
	});
}

function fail(reason) {
	console.error(`reload: haproxy is not registered: ${reason}`);
	process.exitCode = 1;
}
