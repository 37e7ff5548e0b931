import { expect, test } from "vitest";
import { parseAgentAddress } from "./index.ts";

test.each<[string, string]>([
	["127.0.0.1:8500", "http://127.0.0.1:8500"],
	["localhost", "http://localhost:8500"],
	[":8500", "http://127.0.0.1:8500"],
	["http://a.b:80", "http://a.b:80"],
	["http://a.b", "http://a.b:80"],
	["https://a.b", "https://a.b:443"],
	["HTTPS://a.b:8501/", "https://a.b:8501"],
	["http://proxy:80/consul/", "http://proxy:80/consul"],
	["[::1]:8501", "http://[::1]:8501"],
	["::1", "http://[::1]:8500"],
	["unix:///run/disco.sock", "unix:///run/disco.sock"],
])("%s is %s", (text, expected) => {
	expect(parseAgentAddress(text).text).toBe(expected);
});

test("TLS from elsewhere makes it https", () => {
	expect(parseAgentAddress("127.0.0.1:8501", { tls: true }).text).toBe("https://127.0.0.1:8501");
});

test("a socket has its path", () => {
	expect(parseAgentAddress("unix:///run/d.sock").socketPath).toBe("/run/d.sock");
});

test.each(["ftp://x", "a b", "host:99999", "host:0", "host:x", "unix://", "http://user:secret@host"])(
	"%s is refused with what is right",
	(text) => {
		expect(() => parseAgentAddress(text)).toThrow(expect.objectContaining({ code: "ADDRESS_INVALID" }));
		expect(() => parseAgentAddress(text)).toThrow(/write host:port/);
	},
);

test("a password in an address is not repeated", () => {
	expect(() => parseAgentAddress("http://user:secret@host")).toThrow(
		expect.not.objectContaining({ message: /secret/ }),
	);
	try {
		parseAgentAddress("http://user:secret@host");
	} catch (error) {
		expect(String(error)).not.toContain("secret");
	}
});
