import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createClient } from "../../client/index.ts";
import { eventually, outcome, succeed } from "../support/programs.ts";
import { freePort, program, startAgent, temporaryFolder } from "./support.ts";

const disco = (folder: string, ...args: string[]) => succeed(process.execPath, [program, ...args], { cwd: folder });

/** An authority, and certificates for the agent and the command line, as `disco tls` makes them. */
async function certificates(folder: string): Promise<void> {
	await disco(folder, "tls", "ca", "create");
	await disco(folder, "tls", "cert", "create", "-server");
	await disco(folder, "tls", "cert", "create", "-cli");
}

it("serves HTTPS with what disco tls made, asks clients for theirs, and takes new files with SIGHUP", async () => {
	const host = "127.13.0.61";
	const folder = temporaryFolder();
	await certificates(folder);
	const file = (name: string) => join(folder, name);
	const port = await freePort(host);
	const files = file("config");
	mkdirSync(files);
	const configure = (number: number, verify: boolean) =>
		writeFileSync(
			join(files, "tls.hcl"),
			`ports { https = ${port} }
			tls {
				defaults { ca_file = "${file("consul-agent-ca.pem")}" }
				https {
					cert_file = "${file(`dc1-server-consul-${number}.pem`)}"
					key_file = "${file(`dc1-server-consul-${number}-key.pem`)}"
					verify_incoming = ${verify}
				}
			}`,
		);
	configure(0, true);
	const agent = await startAgent(host, { args: [`-config-dir=${files}`, "-log-level=info"] });
	try {
		const ask = (...args: string[]) =>
			outcome(process.execPath, [program, "kv", "get", `-http-addr=https://${host}:${port}`, ...args, "a"]);
		const named = [`-ca-file=${file("consul-agent-ca.pem")}`, "-tls-server-name=server.dc1.consul"];
		const own = [`-client-cert=${file("dc1-cli-consul-0.pem")}`, `-client-key=${file("dc1-cli-consul-0-key.pem")}`];
		await agent.client.kv.put("a", "b");
		expect(await ask(...named, ...own)).toMatchObject({ exitCode: 0, stdout: "b\n" });
		expect(await ask(...named)).toMatchObject({ exitCode: 1, stdout: "" });
		// Without the name: the certificate is for 127.0.0.1, not for this address.
		expect(await ask(named[0] ?? "", ...own)).toMatchObject({ exitCode: 1 });
		expect(
			await outcome(process.execPath, [program, "kv", "get", "a"], {
				env: {
					CONSUL_HTTP_ADDR: `${host}:${port}`,
					CONSUL_HTTP_SSL: "true",
					CONSUL_CACERT: file("consul-agent-ca.pem"),
					CONSUL_CLIENT_CERT: file("dc1-cli-consul-0.pem"),
					CONSUL_CLIENT_KEY: file("dc1-cli-consul-0-key.pem"),
					CONSUL_TLS_SERVER_NAME: "server.dc1.consul",
				},
			}),
		).toMatchObject({ exitCode: 0, stdout: "b\n" });

		// A blocking query over TLS outlives the change of certificate.
		const client = createClient({
			address: `https://${host}:${port}`,
			tls: {
				caFile: file("consul-agent-ca.pem"),
				certFile: file("dc1-cli-consul-0.pem"),
				keyFile: file("dc1-cli-consul-0-key.pem"),
				serverName: "localhost",
			},
		});
		const { index } = await client.kv.get("a");
		const waiting = client.kv.get("a", { index, waitMs: 60_000 });
		await disco(folder, "tls", "cert", "create", "-server");
		configure(1, false);
		agent.child.kill("SIGHUP");
		await eventually("the change", async () => (await ask(...named)).stdout === "b\n");
		await agent.client.kv.put("a", "c");
		expect((await waiting).index).toBeGreaterThan(index);
		client.close();

		// A key that does not fit: told, and the old one stays.
		writeFileSync(file("dc1-server-consul-1-key.pem"), "nothing");
		expect(await outcome(process.execPath, [program, "reload", `-http-addr=${agent.httpAddress}`])).toMatchObject({
			exitCode: 1,
			stderr: expect.stringMatching(/dc1-server-consul-1-key\.pem/),
		});
		expect((await ask(...named)).stdout).toBe("c\n");
	} finally {
		await agent.kill("SIGKILL");
	}
});

it("serves HTTPS on 8500 only, to watches of its own configuration, too", async () => {
	const host = "127.13.0.62";
	const folder = temporaryFolder();
	await certificates(folder);
	const seen = join(folder, "seen");
	const child = spawn(
		process.execPath,
		[
			...[
				program,
				"agent",
				"-dev",
				`-bind=${host}`,
				`-client=${host}`,
				"-dns-port=-1",
				"-http-port=-1",
				"-https-port=8500",
			],
			...["-hcl", 'ca_file = "consul-agent-ca.pem" verify_incoming = true'],
			...["-hcl", 'cert_file = "dc1-server-consul-0.pem" key_file = "dc1-server-consul-0-key.pem"'],
			...["-hcl", `watches = [{ type = "nodes", args = ["sh", "-c", "cat > ${seen}.new; mv ${seen}.new ${seen}"] }]`],
		],
		{ cwd: folder, stdio: "ignore" },
	);
	try {
		await eventually("the watch's handler", () => statSync(seen).size > 2);
	} finally {
		child.kill("SIGKILL");
		await once(child, "close");
	}
});

it("listens on a Unix socket with the owner and mode that are configured", async () => {
	const host = "127.13.0.63";
	const folder = temporaryFolder();
	const socket = join(folder, "http.sock");
	const agent = await startAgent(host, {
		args: [
			"-hcl",
			`addresses { http = "unix://${socket} ${host}" } unix_sockets { mode = "0620" user = "${process.getuid?.()}" }`,
		],
	});
	try {
		expect(statSync(socket).mode & 0o7777).toBe(0o620);
		const ask = (...args: string[]) => outcome(process.execPath, [program, ...args]);
		expect(await ask("kv", "put", `-http-addr=unix://${socket}`, "a", "b")).toMatchObject({ exitCode: 0 });
		expect(await ask("kv", "get", `-http-addr=unix://${socket}`, "a")).toMatchObject({ exitCode: 0, stdout: "b\n" });
		const client = createClient({ address: `unix://${socket}` });
		expect((await client.agent.self()).Config).toMatchObject({ NodeName: "n1" });
		client.close();
	} finally {
		await agent.kill("SIGTERM");
	}
	expect(() => statSync(socket)).toThrow(/ENOENT/);
});
