import { expect, test } from "vitest";
import { parseCommandLine } from "./options.ts";

const uri = "consul://127.0.0.1:8500";

test.each([
	[["--version"], "version"],
	[["-compat", "--version"], "version"],
	[["-h"], "help"],
	[[uri], "run"],
	[["diff", uri], "diff"],
	[["-compat", "diff"], "run"],
])("%j is %s", (args, kind) => {
	expect(parseCommandLine(args, {}).kind).toBe(kind);
});

test.each([
	[[], "USAGE", "the registry URI is missing; write disco-registrator consul://127.0.0.1:8500"],
	[[uri, "more"], "USAGE", 'one registry URI is wanted, and options before it; "more" is too much'],
	[["-bogus", uri], "FLAG_UNKNOWN", "unknown option -bogus"],
	[["--version", uri], "FLAG_UNKNOWN", "unknown option -version"],
	[["-resync", "x", uri], "FLAG_VALUE_INVALID", 'option -resync: "x" is not a whole number'],
	[["-ttl", "5", uri], "OPTION_INVALID", expect.stringContaining("give both")],
	[["-ttl-refresh", "5", uri], "OPTION_INVALID", expect.stringContaining("give both")],
	[["--ttl", "5", "--ttl-refresh", "5", uri], "OPTION_INVALID", expect.stringContaining("give both")],
	[["-deregister", "never", uri], "OPTION_INVALID", '-deregister: "never" is neither always nor on-success'],
	[["-retry-interval", "0", uri], "OPTION_INVALID", "-retry-interval: 0 is not greater than 0"],
	[["diff"], "USAGE", expect.stringContaining("the registry URI is missing")],
	[["-http", "x", uri], "OPTION_INVALID", '-http: "x" is not an address; write 127.0.0.1:9099 or :9099'],
	[["-owner", "a:b", uri], "OPTION_INVALID", expect.stringContaining("colon")],
])("%j fails with %s", (args, code, message) => {
	expect(() => parseCommandLine(args, {})).toThrow(expect.objectContaining({ code, message }));
});

test("units are converted, and the registry is waited for unless told otherwise", () => {
	const parsed = parseCommandLine(
		["-ttl", "5", "-ttl-refresh=2", "-resync", "3", "-deregister", "on-success", uri],
		{},
	);
	expect(parsed).toMatchObject({
		options: {
			uri,
			ttlSeconds: 5,
			ttlRefreshMs: 2000,
			resyncMs: 3000,
			deregistration: "on-success",
			retry: { attempts: -1, intervalMs: 2000 },
			compat: false,
		},
	});
});

test.each([["-once"], ["diff"]])("%s does not wait for the registry unless told to", (word) => {
	expect(parseCommandLine([word, uri], {})).toMatchObject({ options: { retry: { attempts: 0 } } });
});

test("-compat by variable, with the reference's attempts", () => {
	expect(parseCommandLine([uri], { DISCO_COMPAT: "1" })).toMatchObject({
		options: { compat: true, retry: { attempts: 0 } },
	});
});
