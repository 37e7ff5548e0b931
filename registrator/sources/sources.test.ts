import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeClock } from "../../lib/env/fake.ts";
import { parseContainer } from "../container.ts";
import type { DockerEvent } from "../docker.ts";
import { servicesFromContainer } from "../services-from-container.ts";
import { type ContainerDraft, inspectAnswer } from "../testing/containers.ts";
import { plainMapping } from "../testing/mapping.ts";
import { parseSource, polledSource, readerOf, type SourceOption } from "./index.ts";
import { inspectsOfUnits } from "./systemd.ts";

// One suite over every source: what Docker would say of a container, and the same declared in each other way.

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "disco-sources-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Declared {
	readonly [field: string]: unknown;
}

const sources: Readonly<Record<string, (declared: Declared) => Promise<SourceOption>>> = {
	compose: async (declared) => {
		const path = join(folder, "compose.yaml");
		// A dollar sign of a Compose file is written twice.
		await writeFile(path, JSON.stringify({ name: "shop", services: { api: declared } }).replaceAll("$", "$$$$"));
		return parseSource(`compose=${path}`);
	},
	dir: async (declared) => {
		const path = await mkdtemp(join(folder, "dir-"));
		await writeFile(join(path, "api.json"), JSON.stringify(declared));
		await writeFile(join(path, "README.md"), "no service");
		return parseSource(`dir=${path}`);
	},
	exec: async (declared) => {
		const path = join(folder, "printed.json");
		await writeFile(path, JSON.stringify({ api: declared }));
		return parseSource(`exec=cat '${path}'`);
	},
};

function read(source: SourceOption, environment: Readonly<Record<string, string>> = {}) {
	if (source.kind === "docker") throw new Error("Docker has no reader");
	return readerOf(source, environment)();
}

function services(inspects: readonly unknown[], internal: boolean) {
	return inspects.flatMap(
		(inspect) => servicesFromContainer(parseContainer(inspect), undefined, "", { ...plainMapping, internal }).services,
	);
}

const cases: readonly [string, ContainerDraft, Declared, boolean][] = [
	[
		"published ports",
		{ published: { "80/tcp": ["0.0.0.0:8001"], "53/udp": ["127.0.0.1:8053"] } },
		{ ports: ["8001:80", "127.0.0.1:8053:53/udp"] },
		false,
	],
	[
		"the long form of a port",
		{ published: { "80/tcp": ["0.0.0.0:8001"] } },
		{ ports: [{ target: 80, published: "8001" }] },
		false,
	],
	[
		"an exposed port, internal",
		{ exposed: ["80/tcp"], networkMode: "front", addresses: { front: "10.1.0.2" } },
		{ expose: [80], networks: { front: { ipv4_address: "10.1.0.2" } } },
		true,
	],
	[
		"the host's network",
		{ exposed: ["5000/tcp"], networkMode: "host" },
		{ expose: ["5000"], network_mode: "host" },
		false,
	],
	[
		"metadata as maps",
		{
			published: { "80/tcp": ["0.0.0.0:8001"] },
			environment: { SERVICE_NAME: "x", SERVICE_TAGS: "a,b" },
			labels: { "disco.service.region": "eu" },
		},
		{
			ports: ["8001:80"],
			environment: { SERVICE_NAME: "x", SERVICE_TAGS: "a,b" },
			labels: { "disco.service.region": "eu" },
		},
		false,
	],
	[
		"metadata as lists",
		{
			published: { "80/tcp": ["0.0.0.0:8001"] },
			environment: { SERVICE_CHECK_HTTP: "/up?a=b" },
			labels: { SERVICE_NAME: "x" },
		},
		{ ports: ["8001:80"], environment: ["SERVICE_CHECK_HTTP=/up?a=b"], labels: ["SERVICE_NAME=x"] },
		false,
	],
	["a port without a port of the host", { exposed: ["80/tcp"] }, { ports: [80] }, false],
];

/** Prints what `systemctl show` of systemd 252 does for one unit: no systemd runs where the tests do. */
async function systemd(declared: Declared): Promise<SourceOption> {
	const variables = Object.entries(declared["environment"] as Readonly<Record<string, string>>);
	const quoted = variables.map(([name, value]) => {
		const variable = `${name}=${value}`;
		return /[^\w=/.,:-]/.test(variable) ? `"${variable.replace(/["\\$`]/g, "\\$&")}"` : variable;
	});
	const path = join(folder, "systemctl");
	const shown = `Id=web.service\nEnvironment=${quoted.join(" ")}\nActiveState=active\n\nId=other.service\nActiveState=active\n`;
	await writeFile(`${path}.shown`, shown);
	await writeFile(path, `#!/bin/sh\nexec cat '${path}.shown'\n`);
	await chmod(path, 0o755);
	return parseSource("systemd");
}

const inHostNetwork: readonly [string, readonly string[], Readonly<Record<string, string>>][] = [
	["one port", ["5000/tcp"], { SERVICE_5000_NAME: "x", PATH: "/bin" }],
	[
		"ports and protocols",
		["53/tcp", "53/udp", "80/tcp"],
		{ SERVICE_53_TCP_ID: "a", SERVICE_53_UDP_ID: "b", SERVICE_80_ID: "c" },
	],
	[
		"quotes and blanks",
		["80/tcp"],
		{ SERVICE_80_TAGS: "a b,c", SERVICE_80_CHECK_HTTP: '/x?y="1$2`\\z', SERVICE_NAME: "a\nb" },
	],
];

describe.each(Object.entries({ ...sources, systemd }))("%s, in the host's network", (_, declare) => {
	test.each(inHostNetwork)("%s: as from Docker", async (_case, exposed, environment) => {
		const source = await declare({
			...{ container_name: "web", image: "web", network_mode: "host" },
			...{ expose: exposed.map((port) => port.replace("/tcp", "")), environment },
		});
		const draft = { image: "web", exposed, networkMode: "host", environment };
		const found = services(await read(source, { PATH: `${folder}:/usr/bin:/bin` }), false);
		const fromDocker = services([inspectAnswer(draft)], false);
		const comparable = (each: object) => ({ ...each, containerHostName: "" });
		expect(found.map(comparable)).toEqual(fromDocker.map(comparable));
	});
});

describe("systemd", () => {
	const unit = (id: string, environment: string, state = "active") =>
		`Id=${id}\nActiveState=${state}\nEnvironment=${environment}\n`;

	test("active units that name a port; a template's instance is called as the template", () => {
		const shown = [
			unit("apachet@8080.service", "SERVICE_8080_TAGS=web"),
			unit("ended.service", "SERVICE_80_NAME=x", "inactive"),
			unit("plain.service", "LANG=C"),
			unit("worker.service", "SERVICE_REGISTER=ip", "reloading"),
		].join("\n");
		const found = services(inspectsOfUnits(shown, "test"), false);
		expect(found.map(({ id, name, address, port }) => `${id} ${name} ${address}:${port}`)).toEqual([
			"host:apachet@8080:8080 apachet 192.0.2.1:8080",
			"host:worker:0 worker 192.0.2.1:0",
		]);
	});
});

describe.each(Object.entries(sources))("%s", (_, declare) => {
	test.each(cases)("%s: as from Docker", async (_case, draft, declared, internal) => {
		const source = await declare({ container_name: "web", hostname: "inner", image: "acme/foobar:1.2", ...declared });
		expect(services(await read(source), internal)).toEqual(services([inspectAnswer(draft)], internal));
	});

	test.each([
		[{ ports: ["x:y"] }, /ports: "x:y" is no port; write 80, 8001:80/],
		[{ ports: 80 }, /ports: 80 is no list/],
		[{ labels: 5 }, /labels: must be a map or a list/],
		[{ image: {} }, /image: \{\} is no text/],
	])("%j is refused with the field", async (declared, message) => {
		await expect(read(await declare(declared))).rejects.toThrow(message);
	});
});

test("a Compose file: names, variables, profiles", async () => {
	const path = join(folder, "more.yaml");
	await writeFile(
		path,
		`services:
  web: { image: "acme/\${IMAGE:-api}", ports: ["\${PORT}:80"], environment: { SERVICE_PRICE: "1$$" } }
  tool: { image: x, profiles: [debug], ports: ["9:9"] }
`,
	);
	const project = folder.split("/").at(-1)?.toLowerCase();
	const [service, ...others] = services(await read(parseSource(`compose=${path}`), { PORT: "8001" }), false);
	expect(service).toMatchObject({ id: `host:${project}-web-1:80`, name: "api", port: 8001, meta: { price: "1$" } });
	expect(others).toEqual([]);
});

test.each([
	["compose=/nowhere/c.yaml", /^\/nowhere\/c.yaml: ENOENT/],
	["dir=/nowhere", /^\/nowhere: ENOENT/],
	["exec=exit 3", /^-source exec=exit 3: Command failed/],
	["exec=echo nonsense", /^-source exec=echo nonsense: Unexpected token/],
	["systemd=no such unit", /^-source systemd: (Command failed|spawn systemctl ENOENT)/],
	["exec=echo []", /must print a JSON object$/],
])("%s fails with one line", async (text, message) => {
	await expect(read(parseSource(text))).rejects.toThrow(message);
});

test.each(["", "podman", "dir=", "compose"])('-source "%s" is refused', (text) => {
	expect(() => parseSource(text)).toThrow(
		`-source: "${text}" is none of docker, compose=FILE, systemd[=PATTERN], dir=PATH and exec=COMMAND`,
	);
});

test("what appears and changes starts, what goes dies, and a failed reading ends the stream", async () => {
	const clock = new FakeClock();
	let now: readonly unknown[] | Error = [{ Id: "a", Name: "/a" }];
	const source = polledSource(
		"test",
		async () => {
			if (now instanceof Error) throw now;
			return now;
		},
		clock,
	);
	const events: string[] = [];
	const onEvent = ({ kind, containerId }: DockerEvent) => void events.push(`${kind} ${containerId}`);
	const { signal } = new AbortController();
	const ended = source.follow({ signal, onOpen: () => events.push("open"), onEvent }).catch((error: unknown) => error);
	await clock.advanceAsync(2_000);
	now = [
		{ Id: "a", Name: "/a", Config: {} },
		{ Id: "b", Name: "/b" },
	];
	await clock.advanceAsync(2_000);
	now = [{ Id: "b", Name: "/b" }];
	await clock.advanceAsync(2_000);
	expect(events).toEqual(["open", "start a", "start b", "die a"]);
	now = new Error("half written");
	await clock.advanceAsync(2_000);
	expect(await ended).toBe(now);
});

test("the published examples", async () => {
	const registered = async (source: string) =>
		services(await read(parseSource(source)), false).map(({ id, name, port, tags, meta, drainMs, check }) => ({
			line: `${id} ${name} ${port} [${tags.join(" ")}] ${drainMs}`,
			meta,
			check,
		}));
	const shop = { team: "shop" };
	const http = { HTTP: "http://192.0.2.1:5000/health", Interval: "2s" };
	expect(await registered("compose=examples/registrator/compose.yaml")).toEqual([
		{ line: "host:shop-api-1:5000 api 5000 [v1 public] 10000", meta: shop, check: http },
		{ line: "host:shop-api-1:9090 api-metrics 9090 [] 10000", meta: shop, check: undefined },
	]);
	expect(await registered("dir=examples/registrator/services")).toEqual([
		{
			line: "host:worker:5100 worker 5100 [plain] 10000",
			meta: {},
			check: { TCP: "192.0.2.1:5100", Interval: "10s" },
		},
	]);
});
