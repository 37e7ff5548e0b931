// Runs the lanes of the test suite, two at a time (CI has two cores), and adds them up. Each lane is a list of steps; a step is a
// command whose output tells how many passed. The replays of recorded behaviour are held to the floors of test/floors.json: a
// replay below its floor fails; what is above is printed, so that the floor can be raised in the same commit.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ci = Boolean(process.env.CI);
const floors = JSON.parse(readFileSync("test/floors.json", "utf8"));
const logs = mkdtempSync(join(tmpdir(), "disco-test-"));
const started = Date.now();
const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(0)} s`;
const say = (text) => console.log(text);

const recorded = "test/conformance";
const scenarios = (suite) =>
	readdirSync(`${recorded}/${suite}/scenarios`)
		.sort()
		.map((name) => `${recorded}/${suite}/scenarios/${name}`);
// Only `verbose` tells of second attempts.
const vitest = (project) => [
	"node_modules/.bin/vitest",
	"run",
	"--project",
	project,
	"--reporter",
	project === "sim" ? "default" : "verbose",
];
const program = (name) => `node dist/disco${name}.js`;

/** A fresh agent for one replay, on a loopback address of its own so that the usual ports never clash. */
const disco = (host, extra = []) => ({
	host,
	command: [
		process.execPath,
		"dist/disco.js",
		"agent",
		"-dev",
		"-bind",
		host,
		"-client",
		host,
		"-log-level=warn",
		...extra,
	],
});
const consul = (host, extra = []) => ({
	host,
	command: ["consul", "agent", "-dev", "-bind", host, "-client", host, "-log-level=warn", ...extra],
});

const replay = (suite, name, args) => ["node", `${recorded}/${suite}/${name}`, ...args];

/**
 * name, command, and for a replay `floor` (its key in floors.json) and the `agent` it wants, with a `secondAgent` that joins it from
 * the datacenter dc2.
 */
const lanes = {
	lint: [{ name: "lint", command: ["bash", "scripts/lint.sh"] }],
	package: [{ name: "package", command: ["bash", "scripts/package-check.sh"] }],
	unit: [{ name: "unit", command: vitest("unit"), vitest: true }],
	sim: [{ name: "sim", command: vitest("sim"), vitest: true }],
	e2e: [{ name: "e2e", command: vitest("e2e"), vitest: true }],
	http: [
		{
			name: "replay http (dev)",
			floor: "http",
			agent: disco("127.21.0.1", [
				"-compat",
				"-enable-script-checks",
				"-hcl",
				'telemetry { prometheus_retention_time = "60s" }',
			]),
			command: replay("http", "replay.mjs", [
				"--base",
				"http://127.21.0.1:8500",
				// One scenario at a time: in parallel `block-kv-missing` meets the writes of others (the real Consul fails it then, too).
				"--no-slow",
				...scenarios("http"),
			]),
		},
	],
	dns: [
		{
			name: "replay dns",
			floor: "dns",
			command: replay("dns", "replay.mjs", [
				"--agent",
				`${program("")} agent -dev -config-file {config}`,
				...scenarios("dns"),
			]),
		},
	],
	cli: [
		{
			name: "replay cli",
			floor: "cli",
			command: replay("cli", "run.mjs", [
				"--bin",
				"node dist/disco.js",
				...readdirSync(`${recorded}/cli/cases`)
					.sort()
					.map((name) => `${recorded}/cli/cases/${name}`),
			]),
		},
	],
	template: [
		{
			name: "replay template/gotext",
			floor: "template/gotext",
			command: replay("template", "replay.mjs", [
				"gotext",
				"--engine",
				"node dist/gotext-engine.js",
				"--errors",
				"full",
			]),
		},
		...["functions", "runner", "handlebars"].map((part, number) => ({
			name: `replay template/${part}`,
			floor: `template/${part}`,
			agent: consul(`127.22.0.${number + 1}`),
			command: replay("template", "replay.mjs", [
				part,
				"--bin",
				`${program("-template")} -compat`,
				"--http",
				`http://127.22.0.${number + 1}:8500`,
			]),
		})),
		...["functions", "handlebars"].map((part, number) => {
			const [host, otherHost] = [`127.22.0.${2 * number + 4}`, `127.22.0.${2 * number + 5}`];
			return {
				name: `replay template/${part}, two datacenters of disco`,
				floor: `template/${part}, two datacenters`,
				agent: disco(host),
				secondAgent: disco(otherHost, ["-datacenter", "dc2", "-retry-join-wan", host]),
				command: replay("template", "replay.mjs", [
					part,
					"--dc2",
					"--bin",
					`${program("-template")} -compat`,
					"--http",
					`http://${host}:8500`,
				]),
			};
		}),
	],
	env: [
		{
			name: "replay envconsul",
			floor: "envconsul",
			agent: consul("127.23.0.1"),
			command: replay("envconsul", "replay.mjs", [
				"--bin",
				`${program("-env")} -compat`,
				"--http",
				"http://127.23.0.1:8500",
			]),
		},
		{
			name: "replay envconsul on disco",
			floor: "envconsul on disco",
			agent: disco("127.23.0.2"),
			command: replay("envconsul", "replay.mjs", [
				"--bin",
				`${program("-env")} -compat`,
				"--http",
				"http://127.23.0.2:8500",
			]),
		},
	],
	docker: [{ name: "docker", docker: true }],
};

const results = [];
let open = 0;

/** Leaders of the process groups of steps under way: what a step leaves behind (a replayer that gives up on its agents) ends with it. */
const groups = new Set();
function endGroup(pid) {
	groups.delete(pid);
	try {
		process.kill(-pid, "SIGKILL");
	} catch (error) {
		if (error.code !== "ESRCH") throw error;
	}
}
for (const signal of ["SIGINT", "SIGTERM"]) {
	process.on(signal, () => {
		for (const pid of groups) endGroup(pid);
		process.exit(130);
	});
}

/** Runs a command with its output in a log file; resolves to its exit code. */
function run(command, log, environment = {}, { keepsGroup = false } = {}) {
	return new Promise((done) => {
		const child = spawn(command[0], command.slice(1), {
			stdio: ["ignore", "pipe", "pipe"],
			env: { ...process.env, DISCO_COMPAT: undefined, NO_COLOR: "1", ...environment },
			detached: true,
		});
		if (child.pid !== undefined) groups.add(child.pid);
		const file = createWriteStream(log, { flags: "a" });
		child.stdout.pipe(file, { end: false });
		child.stderr.pipe(file, { end: false });
		child.on("error", (error) => {
			file.end(`cannot start ${command[0]}: ${error.message}\n`, () => done(127));
		});
		// Its own end, not the end of its output: a process that was left behind would hold that open.
		child.on("exit", (code) => {
			if (keepsGroup) groups.delete(child.pid);
			else endGroup(child.pid);
			child.on("close", () => file.end(() => done(code ?? 1)));
		});
	});
}

const textOf = (log) => (existsSync(log) ? readFileSync(log, "utf8") : "");

/** `N passed, N failed[, N skipped]`, as the replayers and lint.sh end. */
function plainCounts(text) {
	const lines = [...text.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)];
	const last = lines.at(-1);
	return last && { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3] ?? 0) };
}

/** vitest's `Tests  1 failed | 41 passed | 2 skipped (44)`; a file that could not be loaded counts as one failure. */
function vitestCounts(text) {
	const count = (line, word) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
	const tests = /^\s*Tests\s+(.*)$/m.exec(text)?.[1];
	const files = /^\s*Test Files\s+(.*)$/m.exec(text)?.[1] ?? "";
	if (tests === undefined) return undefined;
	const failed = count(tests, "failed");
	return {
		passed: count(tests, "passed"),
		failed: failed === 0 ? count(files, "failed") : failed,
		skipped: count(tests, "skipped"),
	};
}

/** The body at `url`, empty when there is none; asked with curl, so that it can be asked inside a network namespace. */
function get(url, wrap) {
	return new Promise((done) => {
		const [program, ...args] = wrap(["curl", "-sf", "--max-time", "2", url]);
		const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
		let text = "";
		child.stdout.on("data", (chunk) => {
			text += chunk;
		});
		child.on("error", () => done(""));
		child.on("close", () => done(text));
	});
}

/** Starts a program for the length of a step and waits until `ready` says so (30 s); returns what ends it. */
async function startProgram(command, log, environment, ready) {
	const file = createWriteStream(log, { flags: "a" });
	const child = spawn(command[0], command.slice(1), {
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...process.env, ...environment },
	});
	child.stdout.pipe(file, { end: false });
	child.stderr.pipe(file, { end: false });
	let over = false;
	const ended = new Promise((done) => {
		child.on("close", done);
		child.on("error", done);
	}).then(() => {
		over = true;
	});
	const deadline = Date.now() + 30_000;
	while (!over && Date.now() < deadline && !(await ready())) await new Promise((tick) => setTimeout(tick, 100));
	return async () => {
		const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
		child.kill("SIGINT");
		if (!over) await ended;
		clearTimeout(killer);
	};
}

/** Starts a fresh agent and waits until it has a leader and its own node is in the catalog. */
function startAgent(agent, log, environment, wrap) {
	const base = `http://${agent.host}:8500/v1`;
	return startProgram(wrap(agent.command), log, environment, async () => {
		const leader = await get(`${base}/status/leader`, wrap);
		return leader.length > 4 && (await get(`${base}/health/service/consul?passing`, wrap)).length > 10;
	});
}

/** The same for the agent of a second datacenter, until the first one's knows of it. */
function startSecondAgent({ agent, secondAgent }, log, environment, wrap) {
	return startProgram(wrap(secondAgent.command), log, environment, async () => {
		const leader = await get(`http://${secondAgent.host}:8500/v1/status/leader`, wrap);
		const services = await get(`http://${agent.host}:8500/v1/health/service/consul?passing&dc=dc2`, wrap);
		return leader.length > 4 && services.length > 10;
	});
}

function record(step, counts, log, code) {
	const result = { name: step.name, log, ...(counts ?? { passed: 0, failed: 1, skipped: 0 }) };
	if (step.floor !== undefined) {
		const floor = floors[step.floor] ?? 0;
		const below = Math.max(0, floor - result.passed);
		open += Math.max(0, result.failed - below);
		result.note = `floor ${floor}${result.passed > floor ? ", can be raised" : ""}${result.failed > 0 ? `, ${result.failed} open` : ""}`;
		result.failed = counts === undefined ? 1 : below;
	} else if (code !== 0 && result.failed === 0) {
		result.failed = 1;
		result.note = `exit status ${code}`;
	}
	results.push(result);
	return result;
}

async function runStep(step, wrap = (command) => command, environment = {}) {
	const startedMs = Date.now();
	const log = join(logs, `${step.name.replaceAll(/[^a-z0-9]+/gi, "-")}.log`);
	const stopAgent = step.agent && (await startAgent(step.agent, `${log}.agent`, environment, wrap));
	const stopSecond = step.secondAgent && (await startSecondAgent(step, `${log}.second`, environment, wrap));
	const compat = step.floor === undefined ? {} : { DISCO_COMPAT: "1" };
	const code = await run(wrap(step.command), log, { ...environment, ...compat });
	await stopSecond?.();
	await stopAgent?.();
	const counts = step.vitest ? vitestCounts(textOf(log)) : plainCounts(textOf(log));
	const result = record(step, counts, log, code);
	// A test that needed a second attempt is not hidden (vitest.config.ts).
	const retried = step.vitest
		? textOf(log)
				.split("\n")
				.filter((line) => /\(retry x\d+\)/.test(line))
		: [];
	for (const line of retried) say(`retried ${result.name}: ${line.trim()}`);
	const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : "";
	say(
		`${result.failed === 0 ? "ok  " : "FAIL"}  ${step.name}: ${result.passed} passed, ${result.failed} failed${skipped}${result.note ? ` (${result.note})` : ""}, ${seconds(startedMs)}`,
	);
	if (result.failed > 0) {
		const lines = textOf(log).split("\n");
		const telling = lines
			.filter((line) => /^(FAIL| FAIL|\s*[×✗]|not ok)|AssertionError|Error:/.test(line))
			.slice(0, 40);
		say([...telling, "  ...", ...lines.slice(-40)].map((line) => `      ${line}`).join("\n"));
	}
}

/** The lane that needs a Docker engine: starts a private one, makes base images without a registry, runs inside its namespace. */
async function dockerLane() {
	const folder = join(logs, "engine");
	const log = join(logs, "engine.log");
	const startedMs = Date.now();
	if ((await run(["bash", "scripts/docker-engine.sh", "start", folder, "40"], log, {}, { keepsGroup: true })) !== 0) {
		if (!ci) {
			say("SKIP  docker: no private Docker engine could be started (needs root and dockerd)");
			return;
		}
		record({ name: "docker engine" }, { passed: 0, failed: 1, skipped: 0 }, log, 1);
		say(`FAIL  docker engine does not start\n${textOf(log)}`);
		return;
	}
	const environment = { DOCKER_HOST: `unix://${folder}/docker.sock`, DISCO_ENGINE: folder };
	const inside = (command) => ["bash", "scripts/docker-engine.sh", "run", folder, ...command];
	try {
		const images = [
			["bash", "scripts/docker-images.sh"],
			["bash", "scripts/image.sh"],
		];
		for (const command of images) {
			const code = await run(command, log, { ...environment, SKIP_BUILD: "1", DOCKER_BUILDKIT: "0" });
			if (code !== 0) {
				record({ name: command[1] }, { passed: 0, failed: 1, skipped: 0 }, log, code);
				say(`FAIL  ${command[1]}\n${textOf(log)}`);
				return;
			}
		}
		record({ name: "docker engine and images" }, { passed: 2, failed: 0, skipped: 0 }, log, 0);
		say(`ok    docker engine and images without a registry: 2 passed, 0 failed, ${seconds(startedMs)}`);
		await runStep({ name: "docker", command: vitest("docker"), vitest: true }, inside, environment);
		const etcdLog = join(logs, "etcd.log");
		const etcd = inside(["etcd", "--enable-v2", "--data-dir", join(logs, "etcd"), "--logger=zap"]);
		const stopEtcd = await startProgram(
			etcd,
			etcdLog,
			{},
			async () => (await get("http://127.0.0.1:2379/version", inside)) !== "",
		);
		const stopZooKeeper = await startProgram(
			inside(["bash", "scripts/zookeeper.sh", join(logs, "zookeeper"), "127.0.0.1"]),
			join(logs, "zookeeper.log"),
			{},
			async () => (await run(inside(["bash", "scripts/zookeeper.sh", "ask", "127.0.0.1"]), "/dev/null")) === 0,
		);
		await runStep(
			{
				name: "replay registrator",
				floor: "registrator",
				agent: consul("127.0.0.1", ["-enable-script-checks"]),
				command: replay("registrator", "replay.mjs", [
					"--bin",
					`${program("-registrator")} -compat`,
					"--consul",
					"http://127.0.0.1:8500",
					"--etcd2",
					"http://127.0.0.1:2379",
					"--zk",
					"127.0.0.1:2181",
				]),
			},
			inside,
			environment,
		);
		await stopEtcd();
		await stopZooKeeper();
	} finally {
		await run(["bash", "scripts/docker-engine.sh", "stop", folder], log);
	}
}

/** Copies must equal what was handed over, where that lies beside the project (decision 17b). */
async function compareWithShared() {
	if (!existsSync("../shared/conformance")) return;
	for (const [copy, original] of [
		["test/conformance", "../shared/conformance"],
		["test/vectors", "../shared/design/wire"],
	]) {
		const log = join(logs, "copies.log");
		const filter = copy === "test/vectors" ? ["--exclude=*.md"] : [];
		if ((await run(["diff", "-rq", ...filter, copy, original], log)) !== 0)
			say(`note  ${copy} differs from ${original}:\n${textOf(log)}`);
	}
}

async function main() {
	const wanted = process.argv.slice(2);
	for (const name of wanted) {
		if (!(name in lanes)) {
			console.error(`test: no lane "${name}"; there are ${Object.keys(lanes).join(", ")}`);
			process.exit(2);
		}
	}
	const chosen = Object.keys(lanes).filter((name) => wanted.length === 0 || wanted.includes(name));
	mkdirSync(logs, { recursive: true });
	await compareWithShared();
	// Lint first and alone: knip must not see a half-built dist, and a tree that does not compile is not worth the rest.
	if (chosen.includes("lint")) {
		rmSync("dist", { recursive: true, force: true });
		await runStep(lanes.lint[0]);
	}
	const buildLog = join(logs, "build.log");
	if ((await run(["node", "scripts/build.mjs"], buildLog)) !== 0) {
		say(`FAIL  build\n${textOf(buildLog)}`);
		say("0 passed, 1 failed");
		process.exit(1);
	}
	const queue = chosen.filter((name) => name !== "lint");
	// The longest lane goes first, so that the two workers end together.
	queue.sort((a, b) => Number(b === "docker") - Number(a === "docker"));
	const worker = async () => {
		for (let lane = queue.shift(); lane !== undefined; lane = queue.shift()) {
			if (lane === "docker") await dockerLane();
			else for (const step of lanes[lane]) await runStep(step);
		}
	};
	await Promise.all([worker(), worker()]);
	const total = results.reduce(
		(sum, { passed, failed, skipped }) => ({
			passed: sum.passed + passed,
			failed: sum.failed + failed,
			skipped: sum.skipped + skipped,
		}),
		{ passed: 0, failed: 0, skipped: 0 },
	);
	say(
		`\n${seconds(started)}; logs in ${resolve(logs)}${open > 0 ? `; ${open} recorded cases above the floors are still open` : ""}`,
	);
	say(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
	process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

await main();
