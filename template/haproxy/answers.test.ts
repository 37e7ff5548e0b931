import { describe, expect, it } from "vitest";
import { isDone, parseBackends, parseInfo, parseServers } from "./answers.ts";
import { featuresOf } from "./features.ts";

/** What HAProxy 2.4.0, 2.5.0, 2.6.12, 3.0.0 and 3.2.0 answered, each started for this; other lines of `show info` left away. */
const header =
	"be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";
const states = `1
# ${header}
3 api 1 s1 127.72.0.9 0 0 5 1 1 8 2 0 6 0 0 0 - 9001 - 0 0 - - 0
3 api 2 s2 127.72.0.9 0 5 1 1 1 1 0 0 14 0 0 0 - 9002 - 0 0 - - 0
3 api 3 s3 ::1 2 8 0 0 1 1 0 2 0 0 0 0 - 9003 - 0 0 - - 0
4 empty 1 x-1:a 127.72.0.9 1 4 3 3 0 1 0 2 2 0 0 0 - 9001 - 0 0 - - 0

`;

describe("answers of the Runtime API", () => {
	it("reads the servers' state by the names of the columns", () => {
		const servers = parseServers(states);
		expect(servers.get("api")).toEqual([
			{ name: "s1", address: "127.72.0.9", port: 9001, weight: 5, state: "ready", checks: "on" },
			{ name: "s2", address: "127.72.0.9", port: 9002, weight: 1, state: "maint", checks: "on" },
			{ name: "s3", address: "::1", port: 9003, weight: 0, state: "drain", checks: "none" },
		]);
		// 4 only says that the file had it disabled.
		expect(servers.get("empty")).toMatchObject([{ state: "ready", checks: "off" }]);
		const turned = states
			.split("\n")
			.map((line) => (/^(# be_id|\d+ \S)/.test(line) ? line.replace(/^(# )?(.*) (\S+)$/, "$1$3 $2") : line))
			.join("\n");
		expect(parseServers(turned)).toEqual(servers);
	});

	it.each([
		["2\n# a b\n", /"show servers state" answered .* where format version "1"/],
		["1\n# be_name srv_name\napi s1\n\n", /where a column srv_admin_state in each line/],
		[states.replace(" 9001 ", " x "), /where a number in column srv_port/],
		["Permission denied\n\n", /answered "Permission denied"/],
	])("refuses %j", (text, message) => {
		expect(() => parseServers(text)).toThrow(message);
	});

	it("reads who answers", () => {
		expect(
			parseInfo("Name: HAProxy\nVersion: 3.2.0-e134140d2\nPid: 8\nUptime_sec: 3\nStopping: 0\nnode: vm\n\n"),
		).toEqual({
			version: "3.2.0-e134140d2",
			pid: 8,
			uptimeS: 3,
			stopping: false,
		});
		expect(() => parseInfo("Version: 2.6\nPid: x\n\n")).toThrow(/"Pid: NUMBER"/);
		expect(() => parseInfo("\n")).toThrow(/"show info" answered ""/);
	});

	it("reads backends, HAProxy's own included", () => {
		expect(parseBackends("# name\n<HTTPCLIENT>\napi\nempty\n\n")).toEqual(["<HTTPCLIENT>", "api", "empty"]);
		expect(() => parseBackends("Unknown command\n\n")).toThrow(/the header "# name"/);
	});

	it.each([
		["", true],
		["New server registered.", true],
		["Server deleted.", true],
		["IP changed from '127.72.0.9' to '127.0.0.4', port changed from '9001' to '99' by 'stats socket command'", true],
		["no need to change the addr, port changed from '9001' to '99' by 'stats socket command'", true],
		["no need to change the addr, no need to change the port by 'stats socket command'", true],
		["nothing changed", true],
		["No such server.", false],
		["No such backend.", false],
		["Only servers in maintenance mode can be deleted.", false],
		["This command is restricted to experimental mode only.", false],
		["'cookie' option is not accepted for dynamic server", false],
		["Permission denied", false],
		["Unknown command, but maybe one of the following ones is a better match:", false],
	])("takes %j as done: %s", (answer, done) => {
		expect(isDone(`\n${answer}\n\n`)).toBe(done);
	});

	it.each([
		["1.8.30", false, false],
		["2.4.0-6cbbecf09", false, false],
		["2.5.0-f2e0833f1", true, true],
		["2.6.12-1+deb12u4", true, false],
		["2.10-dev0", true, false],
		["3.0.0-5590ada47", true, false],
		["3.5-dev5", true, false],
		["unknown", false, false],
	])("knows what version %s can do", (version, addsServers, experimental) => {
		expect(featuresOf(version)).toEqual({ addsServers, experimental });
	});
});
