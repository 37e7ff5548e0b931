import { describe, expect, it } from "vitest";
import { parseServiceRegistration, type RegistrationRules } from "./index.ts";

const parse = (body: unknown, rules: Partial<RegistrationRules> = {}) =>
	parseServiceRegistration(JSON.stringify(body), { lenient: true, scriptChecks: true, ...rules });

describe("parseServiceRegistration", () => {
	it("fills in what is not given", () => {
		expect(parse({ name: "web" })).toEqual({
			service: {
				id: "web",
				service: "web",
				kind: "",
				tags: null,
				address: "",
				taggedAddresses: null,
				meta: null,
				port: 0,
				weights: { passing: 1, warning: 1 },
				enableTagOverride: false,
			},
			checks: [],
			token: "",
		});
	});

	it.each([
		["10.0.0.1", ["lan_ipv4", "wan_ipv4"]],
		["2001:db8::1", ["lan_ipv6", "wan_ipv6"]],
		["web.example", []],
	])("an address %s is tagged %j", (address, tags) => {
		const { service } = parse({ Name: "web", Address: address, Port: 80 });
		expect(Object.keys(service.taggedAddresses ?? {})).toEqual(tags);
	});

	it("numbers several checks over Check and Checks together, a given id keeps its place", () => {
		const ids = (body: object) =>
			parse({ Name: "web", ID: "w1", ...body }).checks.map(({ content }) => content.checkId);
		expect(ids({ Check: { TTL: "1s" } })).toEqual(["service:w1"]);
		expect(ids({ Check: { TTL: "1s" }, Checks: [{ TTL: "2s", CheckID: "own" }, { TTL: "3s" }] })).toEqual([
			"service:w1:1",
			"own",
			"service:w1:3",
		]);
		expect(ids({ Check: {}, Checks: [{ TTL: "1s" }] })).toEqual(["service:w1"]);
	});

	it.each([
		[{ HTTP: "http://x", Interval: "1s" }, "http"],
		[{ HTTP: "http://x", Args: ["true"], Interval: "1s" }, "http"],
		[{ TCP: "x:1", Interval: "1s" }, "tcp"],
		[{ UDP: "x:1", Interval: "1s" }, "udp"],
		[{ TTL: "1s" }, "ttl"],
		[{ TTL: 1_000_000_000 }, "ttl"],
		[{ Args: ["true"], Interval: "1s" }, "script"],
		[{ script_args: ["true"], Interval: "1s" }, "script"],
		[{ Script: "exit 0", Interval: "1s" }, "script"],
		[{ Args: ["true"], DockerContainerID: "c", Interval: "1s" }, "docker"],
		[{ GRPC: "x:1", Interval: "1s" }, "grpc"],
		[{ AliasService: "db" }, "alias"],
	])("%j is a %s check", (check, kind) => {
		const [plan] = parse({ Name: "web", Check: check }).checks;
		expect(plan).toMatchObject({ kind, content: { type: kind, status: "critical" } });
	});

	it("keeps units: durations are milliseconds, shown as Go prints them", () => {
		const check = { http: "http://x", interval: "90s", timeout: "1500ms", deregister_critical_service_after: "1h" };
		const [plan] = parse({ name: "web", check }).checks;
		expect(plan).toMatchObject({
			intervalMs: 90_000,
			timeoutMs: 1_500,
			deregisterCriticalServiceAfterMs: 3_600_000,
			content: { interval: "1m30s", timeout: "1.5s" },
			definition: { HTTP: "http://x", Interval: "1m30s", Timeout: "1.5s", DeregisterCriticalServiceAfter: "1h0m0s" },
		});
	});

	it.each([
		[{ Check: { Name: "x" } }, "TTL must be > 0 for TTL checks"],
		[{ Check: { TTL: "1s", Interval: "1s" } }, "Interval and TTL cannot both be specified"],
		[{ Check: { TTL: "1s", Status: "great" } }, "Status for checks must"],
		[{ Check: { AliasService: "a", TTL: "1s" } }, "Alias"],
		[{ Kind: "connect-proxy" }, "service mesh is not supported"],
		[{ Meta: { a: "x".repeat(513) } }, "Value is too long (limit: 512 characters)"],
		[{ Weights: { Passing: 70_000, Warning: 1 } }, "at most 65535"],
	])("refuses %j", (fields, message) => {
		expect(() => parse({ Name: "web", ...fields })).toThrow(message);
	});

	it("without leniency is as strict as the reference", () => {
		const strict = (body: unknown) => () => parse(body, { lenient: false });
		expect(strict({ service: { name: "web" } })).toThrow('unknown field "service"');
		expect(strict({ name: "web", checks: { ttl: "1s" } })).toThrow("it must be a list");
		expect(strict({ name: "web", check: { script: "true", interval: "1s" } })).toThrow("Script");
	});

	it("takes commands only where they were switched on", () => {
		const body = { Name: "web", Check: { Args: ["true"], Interval: "1s" } };
		expect(() => parse(body, { scriptChecks: false })).toThrow("Scripts are disabled");
	});
});
