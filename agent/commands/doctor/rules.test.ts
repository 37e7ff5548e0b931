import { expect, it } from "vitest";
import type { Facts } from "./facts.ts";
import { findings } from "./rules.ts";

const nowMs = Date.UTC(2026, 0, 1);
const member = {
	Name: "n1",
	Addr: "10.0.0.1",
	Port: 8301,
	Tags: { build: "1.14.4" },
	Status: 1,
} as unknown as Facts["members"][number];

const well: Facts = {
	address: "127.0.0.1:8500",
	clockAheadMs: 0,
	leader: "10.0.0.1:8300",
	node: "n1",
	isDev: false,
	advertiseAddress: "10.0.0.1",
	httpAddresses: ["tcp://127.0.0.1:8500"],
	remoteScripts: true,
	aclsOn: false,
	domain: "consul.",
	dns: "found",
	resolver: undefined,
	members: [member],
	services: [],
	checks: [],
	closedPorts: [],
	nodes: [{ node: "n1", address: "10.0.0.1", isExternal: false, hasAgentCheck: true, services: [] }],
	disk: { folder: "/data", freeBytes: 1e12, isWritable: true, mode: 0o700 },
	certificates: [],
};

const disk = (change: Partial<NonNullable<Facts["disk"]>>) => ({
	disk: { folder: "/data", freeBytes: 1e12, isWritable: true, mode: 0o700, ...change },
});
const certificate = (notBeforeMs: number, notAfterMs: number) => ({
	certificates: [{ file: "a.pem", notBeforeMs, notAfterMs }],
});

it("finds nothing where nothing is wrong", () => {
	expect(findings(well, nowMs)).toEqual([]);
});

it.each<[string, Partial<Facts>]>([
	["DNS_SILENT", { dns: "silent" }],
	["DNS_NODE_UNKNOWN", { dns: "unknown" }],
	["MEMBER_FAILED", { members: [member, { ...member, Name: "n2", Status: 4 }] }],
	["VERSION_DIFFERS", { members: [member, { ...member, Name: "n2", Tags: { build: "1.13.0" } }] }],
	["ADVERTISE_LOOPBACK", { advertiseAddress: "127.0.0.1", members: [member, { ...member, Name: "n2" }] }],
	["NODE_NAME_NOT_DNS", { node: "my_node" }],
	["DISK_FULL", disk({ freeBytes: 1_000 })],
	["FOLDER_UNWRITABLE", disk({ isWritable: false })],
	["FOLDER_OPEN", disk({ mode: 0o777 })],
	["CERTIFICATE_EXPIRED", certificate(0, nowMs - 1)],
	["CERTIFICATE_EARLY", certificate(nowMs + 1_000, nowMs + 1e12)],
	["CERTIFICATE_EXPIRES", certificate(0, nowMs + 3_600_000)],
	["SCRIPTS_OPEN", { httpAddresses: ["tcp://[::]:8500"] }],
	["CLOCK_DIFFERS", { clockAheadMs: -5_000 }],
])("finds %s", (code, fault) => {
	const found = findings({ ...well, ...fault }, nowMs);
	expect(found.map((each) => each.code)).toEqual([code]);
	expect(found[0]?.advice).not.toBe("");
});
