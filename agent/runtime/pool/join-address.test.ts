import { expect, it } from "vitest";
import { resolveJoinAddress, splitAddress } from "./join-address.ts";

it.each([
	["10.0.0.1", "10.0.0.1", 8301],
	["10.0.0.1:7946", "10.0.0.1", 7946],
	["node.example", "node.example", 8301],
	["node.example:1", "node.example", 1],
	["::1", "::1", 8301],
	["fd00::5", "fd00::5", 8301],
	["[fd00::5]:99", "fd00::5", 99],
	["[fd00::5]", "fd00::5", 8301],
])("%s", (text, host, port) => {
	expect(splitAddress(text, 8301)).toEqual({ host, port });
});

it.each(["", "a b", "host:0", "host:65536", "host:x", "[x]:1", "1:2:3"])("refuses %j", (text) => {
	expect(() => splitAddress(text, 8301)).toThrow(expect.objectContaining({ code: "JOIN_ADDRESS_INVALID" }));
});

it("resolves names, and says when there is none", async () => {
	expect(await resolveJoinAddress("localhost:5", 8301)).toContainEqual({ host: "127.0.0.1", port: 5 });
	await expect(resolveJoinAddress("nobody.invalid", 8301)).rejects.toMatchObject({ code: "JOIN_ADDRESS_UNKNOWN" });
});
