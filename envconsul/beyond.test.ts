import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { nodeClock } from "../lib/node/clock.ts";
import { parseCommandLine } from "./command-line.ts";
import { configFrom } from "./config.ts";
import { parseOnChange } from "./on-change.ts";
import { parseReadyProbe, untilReady } from "./ready.ts";
import { parseMapping, parseServiceLinks } from "./source.ts";

const config = (...args: string[]) =>
	configFrom(parseCommandLine(args, false).layer, { environment: {}, client: {}, once: false, compat: false });

test("options that the reference does not have", () => {
	const args = ["-optional-prefix", "a", "-prefix", "b", "-map", "X=/k/e@dc2", "-service", "master.redis"];
	const more = ["-default", "A=1=2", "-cache", "/c", "-file", "/f", "-on-change", "exec=run it", "-abort-after", "2"];
	expect(config(...args, ...more, "-restart-lock", "/svc/api/", "-ready", "http://:8080/h", "cmd")).toMatchObject({
		sources: [
			{ kind: "prefix", prefix: "a/", optional: true },
			{ kind: "prefix", prefix: "b/" },
			{ kind: "links", name: "redis", tag: "master" },
			{ kind: "key", name: "X", key: "k/e", datacenter: "dc2" },
		],
		defaults: new Map([["A", "1=2"]]),
		cachePath: "/c",
		file: { path: "/f", format: "dotenv" },
		onChange: { kind: "exec", command: "run it" },
		rolling: { lock: "svc/api", limit: 1, abortAfter: 2, ready: { host: "127.0.0.1", port: 8080 } },
	});
	expect(config("-prefix", "a", "-format", "json")).toMatchObject({
		command: undefined,
		file: { path: "-", format: "json" },
		once: true,
	});
});

test.each<[string[], RegExp]>([
	[["-prefix", "a", "-format", "yaml", "c"], /format "yaml" is not one of dotenv, shell, json, docker, systemd/],
	[["-prefix", "a", "-on-change", "reload", "c"], /on-change "reload" is not restart, signal=NAME/],
	[["-prefix", "a", "-on-change", "signal=X", "c"], /on-change: "X" is not a signal/],
	[["-prefix", "a", "-file", "f", "-on-change", "signal=HUP"], /needs a command/],
	[["-map", "X", "c"], /map "X" is not NAME=KEY/],
	[["-prefix", "a", "-default", "=1", "c"], /default "=1" is not NAME=VALUE/],
	[["-prefix", "a", "-restart-limit", "2", "c"], /give the lock's KV path/],
	[["-prefix", "a", "-restart-lock", "l", "-restart-limit", "0", "c"], /restart-limit 0: give a number of 1 or more/],
	[["-prefix", "a", "-restart-lock", "l", "-ready", "8080", "c"], /ready "8080" is not an address/],
	[["-service", "a~b", "c"], /~b is for -service-query only/],
	[["-prefix", "a"], /no command to run/],
])("%j is refused", (args, message) => {
	expect(() => config(...args)).toThrow(message);
});

test("forms of a mapping, of a service, of on-change, of a probe", () => {
	expect(parseMapping("DB_URL=service/api/a=b")).toMatchObject({ name: "DB_URL", key: "service/api/a=b" });
	expect(parseServiceLinks("redis@dc2")).toEqual({
		kind: "links",
		id: "links redis@dc2",
		name: "redis",
		datacenter: "dc2",
	});
	expect(parseOnChange("signal=usr1")).toEqual({ kind: "signal", signal: "SIGUSR1" });
	expect(parseOnChange("exec=a=b")).toEqual({ kind: "exec", command: "a=b" });
	expect(parseReadyProbe("tcp://[::1]:5432")).toMatchObject({ kind: "tcp", host: "::1", port: 5432 });
	expect(parseReadyProbe("https://h/x")).toMatchObject({ kind: "http", port: 443 });
});

test("ready is an answer of 2xx or an open port; not after the time given or the end of the child", async () => {
	let status = 500;
	let asked = 0;
	const server = createServer((_, answer) => {
		if (++asked > 2) status = 204;
		answer.writeHead(status).end();
	});
	await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	const { signal } = new AbortController();
	const options = { timeoutMs: 30_000, clock: nodeClock, signal };
	expect(await untilReady(parseReadyProbe(`http://:${port}/`), options)).toBe(true);
	expect(asked).toBe(3);
	expect(await untilReady(parseReadyProbe(`tcp://:${port}`), options)).toBe(true);
	await new Promise((resolve) => server.close(resolve));
	expect(await untilReady(parseReadyProbe(`tcp://:${port}`), { ...options, timeoutMs: 300 })).toBe(false);
	const gone = { ...options, signal: AbortSignal.abort() };
	expect(await untilReady(parseReadyProbe(`http://:${port}/`), gone)).toBe(false);
});
