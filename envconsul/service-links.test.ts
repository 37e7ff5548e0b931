import { expect, test } from "vitest";
import type { ServiceEntry } from "../lib/api/index.ts";
import { chooseInstance, serviceLinks } from "./service-links.ts";

/** The lines of source 004. */
test("the seven variables of Kubernetes", () => {
	expect(Object.fromEntries(serviceLinks("redis-master", { id: "x", host: "10.0.0.11", port: 6379 }))).toEqual({
		REDIS_MASTER_SERVICE_HOST: "10.0.0.11",
		REDIS_MASTER_SERVICE_PORT: "6379",
		REDIS_MASTER_PORT: "tcp://10.0.0.11:6379",
		REDIS_MASTER_PORT_6379_TCP: "tcp://10.0.0.11:6379",
		REDIS_MASTER_PORT_6379_TCP_PROTO: "tcp",
		REDIS_MASTER_PORT_6379_TCP_PORT: "6379",
		REDIS_MASTER_PORT_6379_TCP_ADDR: "10.0.0.11",
	});
});

test("an IPv6 address is in brackets within an URL", () => {
	expect(new Map(serviceLinks("db", { id: "x", host: "::1", port: 1 })).get("DB_PORT")).toBe("tcp://[::1]:1");
});

const entry = (node: string, id: string, address: string) =>
	({ Node: { Node: node, Address: "10.0.0.9" }, Service: { ID: id, Address: address, Port: 1 } }) as ServiceEntry;

test("the same instance as long as it is healthy, else the first by id; without an address its node's", () => {
	const [a, b] = [entry("n", "a", ""), entry("n", "b", "10.0.0.2")];
	const first = chooseInstance([b, a], undefined);
	expect(first).toEqual({ id: "n/a", host: "10.0.0.9", port: 1 });
	const second = chooseInstance([b], first);
	expect(second?.host).toBe("10.0.0.2");
	expect(chooseInstance([a, b], second)).toEqual(second);
	expect(chooseInstance([], second)).toBeUndefined();
});
