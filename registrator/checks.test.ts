import { describe, expect, test } from "vitest";
import { checkOfService } from "./checks.ts";

function check(settings: Readonly<Record<string, string>>, compat: boolean) {
	const values = new Map(Object.entries(settings).map(([key, value]) => [`check_${key}`, value]));
	return checkOfService(
		{
			metadata: { values, ofPort: new Set() },
			endpoint: { address: "10.9.8.7", port: 8001 },
			containerId: "0123456789abcdef0123",
			innerPort: 80,
		},
		compat,
	);
}

const all = { http: "/a", https: "/b", cmd: "c", script: "s", ttl: "9s", tcp: "1", grpc: "1" };

describe("as the reference", () => {
	const cases: [string, Record<string, string>, unknown][] = [
		["nothing", {}, undefined],
		["an interval alone", { interval: "5s", initial_status: "passing" }, undefined],
		["HTTP", { http: "/h" }, { HTTP: "http://10.9.8.7:8001/h", Interval: "10s" }],
		[
			"HTTP with its settings",
			{
				http: "/h",
				http_method: "HEAD",
				interval: "15s",
				timeout: "1s",
				initial_status: "passing",
				deregister_after: "1h",
			},
			{
				HTTP: "http://10.9.8.7:8001/h",
				Method: "HEAD",
				Interval: "15s",
				Timeout: "1s",
				Status: "passing",
				DeregisterCriticalServiceAfter: "1h",
			},
		],
		["a path without slash is appended as it is", { http: "h" }, { HTTP: "http://10.9.8.7:8001h", Interval: "10s" }],
		[
			"HTTPS has a method of its own",
			{ https: "/h", http_method: "HEAD" },
			{ HTTP: "https://10.9.8.7:8001/h", Interval: "10s" },
		],
		["TCP with any value", { tcp: "false", timeout: "2s" }, { TCP: "10.9.8.7:8001", Interval: "10s", Timeout: "2s" }],
		["TTL without interval and timeout", { ttl: "30s", interval: "5s", timeout: "1s" }, { TTL: "30s" }],
		[
			"a command in the container",
			{ cmd: "probe -x", timeout: "1s" },
			{ ScriptArgs: ["check-cmd", "0123456789ab", "80", "probe -x"], Interval: "10s" },
		],
		["a script", { script: "nc $SERVICE_IP $SERVICE_PORT" }, { ScriptArgs: ["nc 10.9.8.7 8001"], Interval: "10s" }],
		["GRPC", { grpc: "true", tls_skip_verify: "1" }, { GRPC: "10.9.8.7:8001", Interval: "10s" }],
		[
			"GRPC over TLS",
			{ grpc: "true", grpc_use_tls: "1", tls_skip_verify: "1" },
			{ GRPC: "10.9.8.7:8001", GRPCUseTLS: true, TLSSkipVerify: true, Interval: "10s" },
		],
		["a bad duration is passed on", { ttl: "soon" }, { TTL: "soon" }],
	];
	test.each(cases)("%s", (_, settings, expected) => {
		expect(check(settings, true)).toEqual({ check: expected, warnings: [] });
	});

	test("one check per service, in this order", () => {
		const order: string[] = [];
		const left: Record<string, string> = { ...all };
		for (;;) {
			const { check: found } = check(left, true);
			if (found === undefined) break;
			const key = Object.keys(left)[0] ?? "";
			order.push(`${key}: ${Object.keys(found)[0]}`);
			delete left[key];
		}
		expect(order).toEqual([
			"http: HTTP",
			"https: HTTP",
			"cmd: ScriptArgs",
			"script: ScriptArgs",
			"ttl: TTL",
			"tcp: TCP",
			"grpc: GRPC",
		]);
	});
});

describe("better by default", () => {
	const cases: [string, Record<string, string>, unknown, string[]][] = [
		["a slash is put before the path", { http: "h" }, { HTTP: "http://10.9.8.7:8001/h", Interval: "10s" }, []],
		[
			"a bad interval gives the default one",
			{ tcp: "1", interval: "5", timeout: "1s" },
			{ TCP: "10.9.8.7:8001", Interval: "10s", Timeout: "1s" },
			['SERVICE_CHECK_INTERVAL: "5" is not a duration such as 10s; left out'],
		],
		[
			"a bad TTL gives no check",
			{ ttl: "soon" },
			undefined,
			['SERVICE_CHECK_TTL: "soon" is not a duration such as 10s; left out'],
		],
		[
			"a bad status is left out",
			{ ttl: "9s", initial_status: "good" },
			{ TTL: "9s" },
			['SERVICE_CHECK_INITIAL_STATUS: "good" is not passing, warning or critical; left out'],
		],
		[
			"a script has its time limit",
			{ script: "x", timeout: "1s" },
			{ ScriptArgs: ["x"], Interval: "10s", Timeout: "1s" },
			[],
		],
	];
	test.each(cases)("%s", (_, settings, expected, warnings) => {
		expect(check(settings, false)).toEqual({ check: expected, warnings });
	});
});
