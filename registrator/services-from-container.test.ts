import { describe, expect, test } from "vitest";
import { parseContainer } from "./container.ts";
import { metadataSpelling } from "./metadata.ts";
import type { ServiceRegistration } from "./registration.ts";
import { parsePattern } from "./selection.ts";
import { type MappingOptions, servicesFromContainer } from "./services-from-container.ts";
import { type ContainerDraft, inspectAnswer } from "./testing/containers.ts";
import { plainMapping as plain } from "./testing/mapping.ts";

const compat: MappingOptions = { ...plain, compat: true, ip: "10.9.8.7" };

function map(draft: ContainerDraft, options: MappingOptions, tags = "", peer?: ContainerDraft) {
	const other = peer === undefined ? undefined : parseContainer(inspectAnswer(peer));
	return servicesFromContainer(parseContainer(inspectAnswer(draft)), other, tags, options);
}

/** `id name address:port [tags]` of each service. */
function summary(services: readonly ServiceRegistration[]): string[] {
	return services.map(({ id, name, address, port, tags }) =>
		[id, name, `${address}:${port}`, ...(tags.length === 0 ? [] : [`[${tags.join(" ")}]`])].join(" "),
	);
}

const one = { "80/tcp": ["0.0.0.0:8001"] };
const two = { ...one, "443/tcp": ["0.0.0.0:8002"] };
const dns = { "53/udp": ["0.0.0.0:8053"] };

describe("as the reference (facts of test/conformance/registrator/README.md)", () => {
	const cases: [string, ContainerDraft, Partial<MappingOptions>, string[]][] = [
		["one published port", { published: one }, {}, ["host:web:80 foobar 10.9.8.7:8001"]],
		[
			"two ports get the port as suffix",
			{ published: two },
			{},
			["host:web:80 foobar-80 10.9.8.7:8001", "host:web:443 foobar-443 10.9.8.7:8002"],
		],
		[
			"the suffix goes to a general name, not to a port's own",
			{ published: two, environment: { SERVICE_NAME: "api", SERVICE_80_NAME: "web" } },
			{},
			["host:web:80 web 10.9.8.7:8001", "host:web:443 api-443 10.9.8.7:8002"],
		],
		[
			"an unpublished port does not count",
			{ published: one, exposed: ["80/tcp", "443/tcp"] },
			{},
			["host:web:80 foobar 10.9.8.7:8001"],
		],
		[
			"an ignored port counts for the suffix",
			{ published: two, environment: { SERVICE_443_IGNORE: "1" } },
			{},
			["host:web:80 foobar-80 10.9.8.7:8001"],
		],
		["any value ignores", { published: one, environment: { SERVICE_IGNORE: "false" } }, {}, []],
		[
			"an empty value does not ignore",
			{ published: one, environment: { SERVICE_IGNORE: "" } },
			{},
			["host:web:80 foobar 10.9.8.7:8001"],
		],
		["an empty name is none", { published: one, environment: { SERVICE_NAME: "" } }, { explicit: true }, []],
		[
			"explicit and named",
			{ published: one, labels: { SERVICE_NAME: "api" } },
			{ explicit: true },
			["host:web:80 api 10.9.8.7:8001"],
		],
		["nothing published", { exposed: ["80/tcp"] }, {}, []],
		["an id of its own", { published: dns, environment: { SERVICE_ID: "x" } }, {}, ["x foobar 10.9.8.7:8053 [udp]"]],
		[
			"tags are turned around, those of the command line too, udp last",
			{ published: dns, environment: { SERVICE_TAGS: "a,b\\,c,,d" } },
			{},
			["host:web:53:udp foobar 10.9.8.7:8053 [d b,c a y x udp]"],
		],
		[
			"the first binding in Docker's order",
			{ published: { "80/tcp": ["0.0.0.0:8002", "0.0.0.0:8001"] } },
			{},
			["host:web:80 foobar 10.9.8.7:8002"],
		],
		[
			"a binding's own address",
			{ published: { "80/tcp": ["127.0.0.2:8001"] } },
			{ ip: "" },
			["host:web:80 foobar 127.0.0.2:8001"],
		],
		["the host's address", { published: one }, { ip: "" }, ["host:web:80 foobar 192.0.2.1:8001"]],
		[
			"a user network without -ip: the container's address and the host's port",
			{ published: one, networkMode: "net", addresses: { net: "172.20.0.2" } },
			{ ip: "" },
			["host:web:80 foobar 172.20.0.2:8001"],
		],
		["internal", { exposed: ["80/tcp"] }, { internal: true }, ["host:web:80 foobar 172.17.0.2:80"]],
		[
			"internal on a user network",
			{ published: one, networkMode: "net", addresses: { net: "172.20.0.2" } },
			{ internal: true },
			["host:web:80 foobar 172.20.0.2:80"],
		],
		["the host's network", { exposed: ["80/tcp"], networkMode: "host" }, {}, ["host:web:80 foobar 10.9.8.7:80"]],
		[
			"the host's network, internal",
			{ exposed: ["80/tcp"], networkMode: "host" },
			{ internal: true },
			["host:web:80 foobar :80"],
		],
		["no network", { exposed: ["80/tcp"], networkMode: "none" }, { ip: "" }, ["host:web:80 foobar :80"]],
		[
			"no network, internal",
			{ exposed: ["80/tcp"], networkMode: "none" },
			{ internal: true },
			["host:web:80 foobar :80"],
		],
		["no network, with -ip", { exposed: ["80/tcp"], networkMode: "none" }, {}, ["host:web:80 foobar 10.9.8.7:80"]],
		[
			"an empty name of a port is the image's, without suffix",
			{ published: two, environment: { SERVICE_80_NAME: "" } },
			{},
			["host:web:80 foobar 10.9.8.7:8001", "host:web:443 foobar-443 10.9.8.7:8002"],
		],
		[
			"the address of a label, cut at the last slash",
			{ published: one, labels: { addr: "10.1.2.3/24" } },
			{ addressLabel: "addr" },
			["host:web:80 foobar 10.1.2.3:8001"],
		],
		["a label that is not there", { published: one }, { addressLabel: "addr" }, ["host:web:80 foobar 10.9.8.7:8001"]],
	];
	test.each(cases)("%s", (_, draft, options, expected) => {
		expect(
			summary(
				map(
					draft,
					{ ...compat, ...options },
					draft.published === dns && draft.environment?.["SERVICE_TAGS"] ? "x,y" : "",
				).services,
			),
		).toEqual(expected);
	});

	test("another container's network: its address, always", () => {
		const draft = { exposed: ["80/tcp"], networkMode: "container:other" };
		const labelled = { ...draft, labels: { addr: "10.1.2.3" } };
		const options = { ...compat, addressLabel: "addr" };
		const found = map(labelled, options, "", { name: "peer" }).services;
		expect(summary(found)).toEqual(["host:web:80 foobar 172.17.0.2:80"]);
	});

	test("settings of checks stay in Meta, and keys are passed on unchecked", () => {
		const environment = {
			SERVICE_CHECK_TTL: "30s",
			SERVICE_REGION: "us",
			SERVICE_80_REGION: "eu",
			SERVICE_80: "x",
			"SERVICE_FOO.BAR": "y",
		};
		const [service] = map({ published: one, environment }, compat).services;
		expect(service?.meta).toEqual({ check_ttl: "30s", region: "eu", "80": "x", "foo.bar": "y" });
		expect(service?.check).toEqual({ TTL: "30s" });
	});
});

describe("better by default", () => {
	const cases: [string, ContainerDraft, Partial<MappingOptions>, string[]][] = [
		[
			"tags keep their order",
			{ published: dns, environment: { SERVICE_TAGS: "a,b" } },
			{},
			["host:web:53:udp foobar 192.0.2.1:8053 [a b x y udp]"],
		],
		[
			"a user network: address and port belong together",
			{ published: one, networkMode: "net", addresses: { net: "172.20.0.2" } },
			{},
			["host:web:80 foobar 192.0.2.1:8001 [x y]"],
		],
		["no network: nothing leads there", { exposed: ["80/tcp"], networkMode: "none" }, {}, []],
		[
			"no network, but an address by label",
			{ exposed: ["80/tcp"], networkMode: "none", labels: { addr: "10.1.2.3/24" } },
			{ addressLabel: "addr" },
			["host:web:80 foobar 10.1.2.3:80 [x y]"],
		],
		[
			"the host's network, internal",
			{ exposed: ["80/tcp"], networkMode: "host" },
			{ internal: true },
			["host:web:80 foobar 192.0.2.1:80 [x y]"],
		],
		[
			"of several bindings the IPv4 one with the lowest port",
			{ published: { "80/tcp": [":::8000", "0.0.0.0:8002", "0.0.0.0:8001"] } },
			{},
			["host:web:80 foobar 192.0.2.1:8001 [x y]"],
		],
		[
			"an image by digest",
			{ published: one, image: "team/redis@sha256:abc" },
			{},
			["host:web:80 redis 192.0.2.1:8001 [x y]"],
		],
		[
			"one SERVICE_ID for several ports",
			{ published: { ...one, "80/udp": ["0.0.0.0:8003"] }, environment: { SERVICE_ID: "x" } },
			{},
			["x-80 foobar-80 192.0.2.1:8001 [x y]", "x-80-udp foobar-80 192.0.2.1:8003 [x y udp]"],
		],
	];
	test.each(cases)("%s", (_, draft, options, expected) => {
		expect(summary(map(draft, { ...plain, ...options }, "x,y").services)).toEqual(expected);
	});

	test("Meta holds neither settings of checks nor what the registry refuses, with a warning", () => {
		const environment = { SERVICE_CHECK_TTL: "30s", SERVICE_REGION: "us", "SERVICE_FOO.BAR": "y", SERVICE_IGNORE: "" };
		const { services, warnings } = map({ published: one, environment }, plain);
		expect(services[0]?.meta).toEqual({ region: "us" });
		expect(warnings).toEqual([
			"container web: SERVICE_FOO.BAR cannot be Meta: only letters, digits, - and _ may stand in a key; left out",
		]);
	});

	test("a loopback address is registered with a warning", () => {
		const { warnings } = map({ published: one }, { ...plain, hostAddress: "127.0.1.1" });
		expect(warnings).toEqual([
			"container web: foobar is registered at 127.0.1.1, which other machines cannot reach; give an address with -ip",
		]);
	});
});

describe("the network through which a service is reached", () => {
	const addresses = { back: "10.2.0.2", front: "10.1.0.2" };
	const both: ContainerDraft = { published: one, networkMode: "front", addresses };
	const warningNamesBoth =
		"container web: is in the networks back, front; front is taken, name one with SERVICE_NETWORK or -network";
	const cases: [string, ContainerDraft, Partial<MappingOptions>, string, string[]][] = [
		["none named, published", both, {}, "192.0.2.1:8001", []],
		["none named, internal: the one it was started with", both, { internal: true }, "10.1.0.2:80", [warningNamesBoth]],
		["-network", both, { internal: true, network: "back" }, "10.2.0.2:80", []],
		["-network beats the published port", both, { network: "back" }, "10.2.0.2:80", []],
		["-network that it is not in", both, { network: "other" }, "192.0.2.1:8001", []],
		[
			"a label beats -network",
			{ ...both, labels: { SERVICE_NETWORK: "front" } },
			{ network: "back" },
			"10.1.0.2:80",
			[],
		],
		[
			"for a port",
			{ ...both, environment: { SERVICE_80_NETWORK: "back", SERVICE_NETWORK: "front" } },
			{},
			"10.2.0.2:80",
			[],
		],
		[
			"a port that is not published",
			{ exposed: ["80/tcp"], networkMode: "front", addresses, labels: { SERVICE_NETWORK: "back" } },
			{},
			"10.2.0.2:80",
			[],
		],
		[
			"a label that names another one",
			{ ...both, labels: { SERVICE_NETWORK: "other" } },
			{ network: "back" },
			"10.2.0.2:80",
			['container web: SERVICE_NETWORK: "other" is no network of the container; it is in: back, front'],
		],
		[
			"compat does not know it",
			{ ...both, labels: { SERVICE_NETWORK: "back" } },
			{ compat: true, network: "back" },
			"10.1.0.2:8001",
			[],
		],
	];
	test.each(cases)("%s", (_, draft, options, endpoint, expectedWarnings) => {
		const { services, warnings } = map(draft, { ...plain, ...options });
		expect(services.map(({ address, port }) => `${address}:${port}`)).toEqual([endpoint]);
		expect(services[0]?.meta).toEqual(options.compat === true ? { network: "back" } : {});
		expect(warnings).toEqual(expectedWarnings);
	});

	test("what concerns the container is said once, not for each port", () => {
		expect(map({ ...both, published: two }, { ...plain, internal: true }).warnings).toEqual([warningNamesBoth]);
	});
});

describe("draining and health of a service", () => {
	const of = (draft: ContainerDraft, options: Partial<MappingOptions> = {}) =>
		map({ published: one, ...draft }, { ...plain, ...options });

	test.each([
		["as -drain says", {}, 10_000],
		["as it says itself", { SERVICE_DRAIN: "1m" }, 60_000],
		["as it says for the port", { SERVICE_DRAIN: "1m", SERVICE_80_DRAIN: "5s" }, 5_000],
		["not at all", { SERVICE_DRAIN: "off" }, 0],
	])("drains %s", (_, environment, drainMs) => {
		const { services, warnings } = of({ environment: environment as Record<string, string> });
		expect(services[0]).toMatchObject({ drainMs, meta: {} });
		expect(warnings).toEqual([]);
	});

	test("a bad time to drain is a warning", () => {
		const { services, warnings } = of({ environment: { SERVICE_DRAIN: "soon" } });
		expect(services[0]?.drainMs).toBe(10_000);
		expect(warnings).toEqual([
			'container web: SERVICE_DRAIN: "soon" is neither a duration such as 10s nor off; not used',
		]);
	});

	test.each([
		["healthy", { status: "passing", output: "healthy: probe" }],
		["unhealthy", { status: "critical", output: "unhealthy: probe" }],
		["starting", { status: "critical", output: "starting: probe" }],
		["none", undefined],
		[undefined, undefined],
	])("HEALTHCHECK says %s", (health, expected) => {
		expect(of(health === undefined ? {} : { health }).services[0]?.health).toEqual(expected);
	});

	test.each(["off", "false", "OFF"])("SERVICE_CHECK_DOCKER=%s opts out", (value) => {
		const draft = { health: "healthy", environment: { SERVICE_CHECK_DOCKER: value } };
		expect(of(draft).services[0]).not.toHaveProperty("health");
	});

	test("compat knows neither", () => {
		const draft = { health: "healthy", environment: { SERVICE_DRAIN: "1m", SERVICE_CHECK_DOCKER: "off" } };
		const [service] = of(draft, { compat: true }).services;
		expect(service).toMatchObject({ drainMs: 0, meta: { drain: "1m", check_docker: "off" } });
		expect(service).not.toHaveProperty("health");
	});
});

describe("other spellings (by default)", () => {
	const named = (draft: ContainerDraft, options: Partial<MappingOptions> = {}) =>
		summary(map({ published: two, ...draft }, { ...plain, ...options }).services).map((line) => line.split(" ")[1]);

	test.each<[string, ContainerDraft, readonly string[], string[]]>([
		[
			"reverse-DNS labels",
			{ labels: { "disco.service.80.name": "web", "disco.service.name": "api" } },
			[],
			["web", "api-443"],
		],
		[
			"they beat upper-case ones",
			{ labels: { "disco.service.80.name": "web", SERVICE_80_NAME: "x" } },
			[],
			["web", "foobar-443"],
		],
		["they are no variables", { environment: { "disco.service.80.name": "web" } }, [], ["foobar-80", "foobar-443"]],
		["a range", { labels: { "SERVICE_80-443_NAME": "web" } }, [], ["web", "web"]],
		["a list", { environment: { "SERVICE_80,8080-8090_NAME": "web" } }, [], ["web", "foobar-443"]],
		["a range in reverse-DNS", { labels: { "disco.service.400-500.name": "web" } }, [], ["foobar-80", "web"]],
		[
			"a port beats a range",
			{ environment: { SERVICE_80_NAME: "web", "SERVICE_1-99_NAME": "x" } },
			[],
			["web", "foobar-443"],
		],
		[
			"a range beats the general key",
			{ environment: { "SERVICE_1-99_NAME": "web", SERVICE_NAME: "x" } },
			[],
			["web", "x-443"],
		],
		[
			"a protocol beats a port, a list with it a list",
			{
				published: { "53/tcp": ["0.0.0.0:53"], "53/udp": ["0.0.0.0:53"] },
				environment: { SERVICE_53_NAME: "x", SERVICE_53_UDP_NAME: "udp", "SERVICE_53,54_TCP_NAME": "y" },
			},
			[],
			["x", "udp"],
		],
		[
			"a list with a protocol beats a list",
			{ labels: { "SERVICE_80,443_TCP_NAME": "web", "SERVICE_80,443_NAME": "x", "disco.service.443.udp.name": "y" } },
			[],
			["web", "web"],
		],
		["-prefix", { environment: { ACME_NAME: "api", SERVICE_NAME: "x" } }, ["ACME"], ["api-80", "api-443"]],
		["-prefix in reverse-DNS", { labels: { "com.acme.name": "api" } }, ["com.acme"], ["api-80", "api-443"]],
		["both", { labels: { "a.b.80.name": "web", X_NAME: "api" } }, ["a.b", "X_"], ["web", "api-443"]],
	])("%s", (_, draft, prefixes, names) => {
		expect(named(draft, { spelling: metadataSpelling(prefixes, false) })).toEqual(names);
	});

	test("a setting of a check in reverse-DNS", () => {
		const { services } = map({ published: one, labels: { "disco.service.80.check.http": "/up" } }, plain);
		expect(services[0]).toMatchObject({ check: { HTTP: "http://192.0.2.1:8001/up" }, meta: {} });
	});

	test("compat knows only upper case and single ports", () => {
		const labels = { "disco.service.80.name": "web", "SERVICE_80-443_NAME": "x" };
		expect(named({ labels }, { compat: true, spelling: metadataSpelling([], true) })).toEqual([
			"foobar-80",
			"foobar-443",
		]);
	});

	test.each(["", "a.", "1", "a b", "."])('-prefix "%s" is refused', (text) => {
		expect(() => metadataSpelling([text], false)).toThrow(/^-prefix: /);
	});
});

describe("which ports are registered", () => {
	const named = (environment: Readonly<Record<string, string>>, options: Partial<MappingOptions> = {}) =>
		map({ published: two, environment }, { ...plain, ...options }).services.map(({ name }) => name);

	test.each([
		[{}, true, []],
		[{ SERVICE_80_REGISTER: "true" }, true, ["foobar-80"]],
		[{ SERVICE_REGISTER: "true", SERVICE_443_REGISTER: "no" }, true, ["foobar-80"]],
		[{ SERVICE_443_NAME: "web", SERVICE_443_REGISTER: "false" }, true, []],
		[{ SERVICE_80_REGISTER: "off" }, false, ["foobar-443"]],
	])("%j with -explicit=%s", (environment, explicit, names) => {
		expect(named(environment as Record<string, string>, { explicit })).toEqual(names);
	});

	test.each<[string, ContainerDraft, string]>([
		["no port at all", {}, "172.17.0.2:0"],
		["none published", { exposed: ["80/tcp"] }, "172.17.0.2:0"],
		["the host's network", { networkMode: "host" }, "192.0.2.1:0"],
		["a network of its own", { networkMode: "front", addresses: { front: "10.1.0.2" } }, "10.1.0.2:0"],
		["a port that can be registered", { published: { "80/tcp": ["0.0.0.0:8001"] } }, "192.0.2.1:8001"],
	])("SERVICE_REGISTER=ip with %s", (_, draft, reached) => {
		const { services } = map({ ...draft, environment: { SERVICE_REGISTER: "ip", SERVICE_NAME: "db" } }, plain);
		expect(services.map(({ name, address, port }) => `${name} ${address}:${port}`)).toEqual([`db ${reached}`]);
		expect(map({ ...draft, environment: { SERVICE_NAME: "db" } }, plain).services.length).toBe(draft.published ? 1 : 0);
	});

	test("SERVICE_ENABLE_TAG_OVERRIDE and SERVICE_CHECK_ADDRESS steer and are no Meta", () => {
		const environment = {
			SERVICE_ENABLE_TAG_OVERRIDE: "true",
			SERVICE_CHECK_ADDRESS: "10.0.0.9",
			SERVICE_CHECK_TCP: "true",
		};
		const [service] = map({ published: one, environment }, plain).services;
		expect(service).toMatchObject({ tagOverride: true, meta: {}, check: { TCP: "10.0.0.9:8001" } });
		expect(map({ published: one }, plain).services[0]).not.toHaveProperty("tagOverride");
	});

	test("none of a container that -exclude names", () => {
		expect(named({}, { exclude: [parsePattern("exclude", "name=web")] })).toEqual([]);
	});
});

describe("IPv6", () => {
	const networks = { networkMode: "front", addresses: { front: "10.1.0.2" }, addresses6: { front: "2001:db8::2" } };
	test.each<[string, ContainerDraft, Partial<MappingOptions>, unknown]>([
		[
			"the container's own",
			{ exposed: ["80/tcp"], ...networks },
			{ internal: true },
			{ address: "2001:db8::2", port: 80 },
		],
		[
			"a published one",
			{ published: { "80/tcp": ["0.0.0.0:1", "2001:db8::9:2"] } },
			{},
			{ address: "2001:db8::9", port: 2 },
		],
		["every address of the host is none", { published: { "80/tcp": ["0.0.0.0:1", ":::2"] } }, {}, undefined],
		["compat", { exposed: ["80/tcp"], ...networks }, { internal: true, compat: true }, undefined],
	])("%s is given beside the IPv4 address", (_, draft, options, ipv6) => {
		const [service] = map(draft, { ...plain, ...options }).services;
		expect(service?.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
		expect(service?.ipv6).toEqual(ipv6);
	});

	test("a container without an IPv4 address", () => {
		const draft = { exposed: ["80/tcp"], ...networks, addresses: { front: "" } };
		const [service] = map(draft, { ...plain, internal: true }).services;
		expect(service).toMatchObject({ address: "2001:db8::2", port: 80 });
		expect(service).not.toHaveProperty("ipv6");
	});
});
