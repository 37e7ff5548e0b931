import { expect, test } from "vitest";
import { parseCommandLine, usage } from "./command-line.ts";
import { configFrom, mergeLayers } from "./config.ts";

const parse = (...args: string[]) => parseCommandLine(args, false);
const config = (...args: string[]) =>
	configFrom(mergeLayers([parse(...args).layer]), { environment: {}, client: {}, once: false, compat: false });

test("words after the options are the command, exactly", () => {
	expect(parse("-prefix", "app", "env", "a b", "", "-x", "--prefix=z").layer.exec?.command).toEqual([
		"env",
		"a b",
		"",
		"-x",
		"--prefix=z",
	]);
	expect(parse("-prefix=app", "--", "-odd").layer.exec?.command).toEqual(["-odd"]);
});

test("as the reference they are joined for the shell", () => {
	expect(parse("-compat", "-prefix", "app", "env", "a b").layer.exec?.command).toEqual(["env a b"]);
	expect(parseCommandLine(["env", "x"], true).layer.exec?.command).toEqual(["env x"]);
	expect(parseCommandLine(["-compat=false", "env", "x"], true).layer.exec?.command).toEqual(["env", "x"]);
});

test("-exec wins over words", () => {
	expect(parse("-exec", "a | b", "env").layer.exec?.command).toEqual(["a | b"]);
});

test("formats belong to the query before them", () => {
	const { service } = parse("-service-query", "web", "-service-format-port", "P", "-service-query", "db").layer;
	expect(service).toEqual([{ query: "web", format_port: "P" }, { query: "db" }]);
	expect(() => parse("-service-format-port", "P", "-service-query", "web")).toThrow(
		/must stand after the -service-query/,
	);
});

test("old names", () => {
	const { client, command, retry } = config(
		"-consul",
		"a:1",
		"-token",
		"t",
		"-auth",
		"u:p",
		"-retry",
		"1s",
		"-splay",
		"2s",
		"-prefix",
		"x",
		"env",
	);
	expect(client).toMatchObject({ address: "a:1", token: "t", basicAuth: { username: "u", password: "p" } });
	expect(command?.splayMs).toBe(2000);
	expect(retry.firstMs).toBe(1000);
});

test.each<[string[], string, string]>([
	[["-prefx", "x"], "FLAG_UNKNOWN", "unknown option -prefx (did you mean -prefix?)"],
	[["-wait", "soon"], "FLAG_VALUE_INVALID", 'option -wait: "soon" is not MIN or MIN:MAX, such as 5s or 5s:20s'],
	[["-wait", "5s:1s"], "FLAG_VALUE_INVALID", 'option -wait: "5s:1s" is not MIN or MIN:MAX, such as 5s or 5s:20s'],
	[
		["-kill-signal", "SIGFOO"],
		"SIGNAL_UNKNOWN",
		'option -kill-signal: "SIGFOO" is not a signal; write it like SIGTERM',
	],
	[
		["-exec-kill-timeout", "5"],
		"FLAG_VALUE_INVALID",
		'option -exec-kill-timeout: "5" is not a duration such as 10s or 1m30s',
	],
	[["-secret", "x"], "FLAG_UNSUPPORTED", "option -secret: Vault is not supported; leave it out"],
	[["-vault-addr=x"], "FLAG_UNSUPPORTED", "option -vault-addr: Vault is not supported; leave it out"],
])("%j is refused", (args, code, message) => {
	expect(() => parse(...args)).toThrow(expect.objectContaining({ code, message }));
});

test.each<[string[], string, string]>([
	[
		["-prefix", "x"],
		"CONFIG_COMMAND_MISSING",
		"no command to run: give it after the options, as in disco-env -prefix app env",
	],
	[
		["env"],
		"CONFIG_SOURCES_MISSING",
		"nothing to read: give -prefix PATH, -service NAME, -service-query NAME or -map NAME=KEY",
	],
	[
		["-log-level", "loud", "-prefix", "x", "env"],
		"CONFIG_LOG_LEVEL",
		'log level "loud" is not one of trace, debug, info, warn, error',
	],
])("%j cannot run", (args, code, message) => {
	expect(() => config(...args)).toThrow(expect.objectContaining({ code, message }));
});

test("the help names every option that is not hidden", () => {
	expect(usage()).toContain("-service-format-port <format>");
	expect(usage()).not.toContain("syslog");
	expect(parse("-h").action).toBe("help");
	expect(parse("-version").action).toBe("version");
});
