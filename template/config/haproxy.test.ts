import { describe, expect, it } from "vitest";
import { loadConfigText } from "./index.ts";

const load = (text: string) => loadConfigText(text, "f.hcl");
const template = 'template { contents = "x" destination = "/etc/haproxy.cfg" }';

describe("haproxy blocks", () => {
	it("have defaults", () => {
		expect(load('haproxy { socket = "/run/h.sock" backend "api" { } }').haproxy).toEqual([
			{
				sockets: [{ path: "/run/h.sock" }],
				reloadTimeoutMs: 30_000,
				backends: [{ name: "api", service: "api", mode: "auto", slots: 20, serverLine: "", emptyHoldMs: 60_000 }],
				pollMs: 1_000,
				timeoutMs: 2_000,
			},
		]);
		expect(load("").haproxy).toEqual([]);
	});

	it("are read with every key, several of them", () => {
		const { haproxy, templates } = load(`${template}
			haproxy {
				socket = ["/run/a.sock", "127.0.0.1:9999", "[::1]:9999"]
				config = "/etc/haproxy.cfg"  reload = "systemctl reload haproxy"  reload_timeout = "5s"  poll = "500ms"  timeout = "1s"
				backend "api" { service = "v2.api@dc2~_agent" slots = 32 mode = "slots" server_line = " check cookie {name}" slow_start = "10s" empty_hold = "0s" }
				backend "web" { }
			}
			haproxy { socket = "/run/b.sock" backend "db" { } }`);
		expect(haproxy.map(({ backends }) => backends.map(({ name }) => name))).toEqual([["api", "web"], ["db"]]);
		expect(haproxy[0]).toMatchObject({
			sockets: [{ path: "/run/a.sock" }, { host: "127.0.0.1", port: 9999 }, { host: "::1", port: 9999 }],
			pollMs: 500,
			timeoutMs: 1_000,
		});
		expect(haproxy[0]?.backends[0]).toEqual({
			...{ name: "api", service: "v2.api@dc2~_agent", mode: "slots", slots: 32, emptyHoldMs: 0 },
			serverLine: "check cookie {name} slowstart 10000ms",
		});
		expect(templates[0]).toMatchObject({ command: { text: "systemctl reload haproxy" }, commandTimeoutMs: 5_000 });
	});

	const block = (inside: string) => `haproxy { socket = "/run/h.sock" ${inside} }`;
	it.each([
		['haproxy { backend "api" { } }', /haproxy\.socket: is missing/],
		[block(""), /haproxy: has no backend; add one, as in backend "api"/],
		['haproxy { socket = "run/h.sock" backend "api" { } }', /"run\/h\.sock" is neither a path .* nor HOST:PORT/],
		['haproxy { socket = "h:99999" backend "api" { } }', /"h:99999" is neither/],
		[block('backend "a b" { }'), /a name of a backend has letters, digits/],
		[block('backend "api" { } backend "api" { }'), /backend "api": is there twice/],
		[block('backend "api" { mode = "x" }'), /mode: "x" is not known; use "auto", "dynamic" or "slots"/],
		[block('backend "api" { slots = 0 }'), /slots: 0 is not a number from 1 to 10000/],
		[block('backend "api" { server_line = "check; show info" }'), /server_line: ";" cannot stand in it/],
		[block('backend "api" { server_line = "check weight 5" }'), /server_line: "weight" comes from the catalog/],
		[block('backend "api" { servers = "x" }'), /f\.hcl:1:.*unknown key "servers" in haproxy\.backend\.api/],
		[block('reload = "x" backend "api" { }'), /haproxy\.reload: goes with config/],
		[block('config = "/x" reload = "x" backend "api" { }'), /no template of its own has the destination "\/x"/],
		[
			`template { contents = "x" destination = "/x" command = "y" } ${block('config = "/x" reload = "x" backend "api" { }')}`,
			/the template of "\/x" has a command already/,
		],
		[block('poll = "1ms" backend "api" { }'), /haproxy\.poll: 1ms is too short/],
	])("refuse %s", (text, message) => {
		expect(() => load(text)).toThrow(message);
	});
});
