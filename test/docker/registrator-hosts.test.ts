import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";
import { agents, countOf, removeContainers, run, start } from "./registrator-world.ts";
import { makeTlsFiles } from "./tls-files.ts";

// Two Dockers at once, the second one over TLS; it is ended and started again while its containers run on.

const agent = agents.find(({ name }) => name === "disco");
const skipped = it.skipIf(agent?.available !== true);
const address = "127.18.0.9";
/** A daemon without a bridge would remove the other one's. */
const bridge = "rt-bridge";
const url = `tcp://${address}:2376`;

describe("disco-registrator with two Docker hosts", () => {
	let folder: string;
	let registry: Background;
	let second: Background;
	let registrator: Background;
	const env = () => ({ DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: folder });
	/** At the second Docker, whose containers are in the host's network. */
	const there = (...args: string[]) => succeed("docker", ["-H", url, ...args], { env: env() });
	const runThere = (name: string, port: number, ...options: string[]) =>
		there(
			...["run", "-d", "--name", name, "--network", "host", "--expose", String(port), "-e", "SERVICE_NAME=rt-there"],
			...[...options, "busybox:static", "sleep", "1000"],
		);
	const ids = async (count: number) => (await countOf(agent?.address ?? "", count)).map(({ ID }) => ID).sort();

	const startSecond = async () => {
		const tls = ["--tlscacert", "ca.pem", "--tlscert", "server.pem", "--tlskey", "server-key.pem"];
		second = background("dockerd", [
			...["--data-root", join(folder, "data"), "--exec-root", join(folder, "exec"), "--pidfile", join(folder, "pid")],
			...[
				"--bridge",
				bridge,
				"--iptables=false",
				"--live-restore",
				"--storage-driver",
				"overlay2",
				"--log-level",
				"warn",
				"-H",
				url,
			],
			...["--tlsverify", ...tls.map((word) => (word.startsWith("--") ? word : join(folder, word)))],
		]);
		await eventually("the second Docker answers", async () => {
			expect(second.child.exitCode, second.output()).toBeNull();
			return (await there("version")) !== "";
		});
	};

	beforeAll(async () => {
		if (agent?.available !== true) return;
		await removeContainers();
		folder = await mkdtemp(join(tmpdir(), "disco-second-"));
		await mkdir(join(folder, "exec"));
		await makeTlsFiles(folder, address);
		await succeed("ip", ["link", "add", bridge, "type", "bridge"]);
		await succeed("ip", ["addr", "add", "172.31.44.1/24", "dev", bridge]);
		await succeed("ip", ["link", "set", bridge, "up"]);
		await startSecond();
		await succeed("sh", ["-c", `docker save busybox:static | env -u DOCKER_HOST docker -H ${url} load`], {
			env: env(),
		});
		registry = await start(agent);
		const engine = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
		registrator = background(
			process.execPath,
			[
				"dist/disco-registrator.js",
				"-internal",
				"-docker",
				engine,
				"-docker",
				`second=${url}`,
				`consul://${agent.address}:8500`,
			],
			{ env: env() },
		);
	});
	afterAll(async () => {
		await removeContainers();
		await registrator?.stop();
		await registry?.stop("SIGKILL");
		if (second !== undefined) {
			const left = (await there("ps", "-aq")).split("\n").filter(Boolean);
			if (left.length > 0) await there("rm", "-f", ...left);
			await second.stop();
			await succeed("ip", ["link", "delete", bridge]);
		}
		if (folder === undefined) return;
		// What a killed daemon left mounted would keep the folder busy.
		const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
		for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse())
			await outcome("umount", ["-l", mount]);
		await rm(folder, { recursive: true, force: true });
	});

	skipped("registers what runs on each, told apart though the names are the same", async () => {
		await run("rt-one", "--expose", "80");
		await runThere("rt-one", 8080);
		expect(await ids(2)).toEqual([`${hostname()}:rt-one:80`, "second:rt-one:8080"].sort());
		const found = (await countOf(agent?.address ?? "", 2)).find(({ ID }) => ID.startsWith("second:"));
		// The host that Docker was asked at is where its published ports are.
		expect(found).toMatchObject({ Address: address, Port: 8080 });
		await there("rm", "-f", "rt-one");
		expect(await ids(1)).toEqual([`${hostname()}:rt-one:80`]);
	});

	skipped("one Docker goes and comes back: nothing that runs is removed, and what ended meanwhile is", async () => {
		await runThere("rt-stays", 8081);
		await runThere("rt-goes", 8082);
		expect(await ids(3)).toEqual([`${hostname()}:rt-one:80`, "second:rt-goes:8082", "second:rt-stays:8081"].sort());
		const pid = (await there("inspect", "-f", "{{.State.Pid}}", "rt-goes")).trim();
		await second.stop();
		await eventually("it is missed", () => registrator.output().includes(`cannot reach Docker at ${url}`));
		process.kill(Number(pid), "SIGKILL");
		await run("rt-two", "--expose", "80");
		expect(await ids(4)).toContain("second:rt-stays:8081");
		await startSecond();
		expect(await ids(3)).toEqual([`${hostname()}:rt-one:80`, `${hostname()}:rt-two:80`, "second:rt-stays:8081"].sort());
		expect(registrator.output()).not.toContain("deregistered: id=second:rt-stays:8081");
	});

	skipped("a Docker that wants a certificate is not talked to without one", async () => {
		const uri = `consul://${agent?.address}:8500`;
		const certificates = { DOCKER_HOST: url, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: join(folder, "exec") };
		const program = [process.execPath, ["dist/disco-registrator.js", "-once", uri]] as const;
		const missing = await outcome(...program, { env: certificates });
		expect(missing).toMatchObject({
			exitCode: 1,
			stderr: expect.stringMatching(/^disco-registrator: DOCKER_CERT_PATH: ENOENT/),
		});
		const plain = await outcome(...program, { env: { ...certificates, DOCKER_TLS_VERIFY: "" } });
		expect(plain.exitCode).toBe(1);
		expect(plain.stderr).toContain(url);
	});
});
