import { describe, expect, it } from "vitest";
import {
	keyDependency,
	keyListDependency,
	nodeDependency,
	nodesDependency,
	serviceDependency,
	servicesDependency,
} from "./index.ts";

const kinds = {
	key: keyDependency,
	ls: keyListDependency,
	service: serviceDependency,
	services: servicesDependency,
	nodes: nodesDependency,
	node: nodeDependency,
};

describe("arguments of API functions", () => {
	it.each([
		["key", "app/name", "kv.block(app/name)"],
		["key", "/app/name@dc2", "kv.block(app/name@dc2)"],
		["key", "with space", "kv.block(with space)"],
		["ls", "a/b/", "kv.list(a/b/)"],
		["service", "api", "health.service(api|passing)"],
		["service", "v1.api@dc1~_agent|any", "health.service(v1.api@dc1~_agent|any)"],
		["service", "api|warning,passing,warning", "health.service(api|passing,warning)"],
		["service", "ns:eu.west.pg", "health.service(ns:eu.west.pg|passing)"],
		["services", "", "catalog.services"],
		["services", "@dc1", "catalog.services(@dc1)"],
		["nodes", "@dc1~web1", "catalog.nodes(@dc1~web1)"],
		["node", "", "catalog.node"],
		["node", "web1@dc1", "catalog.node(web1@dc1)"],
	] as const)("%s %j is %s", (kind, text, id) => {
		expect(kinds[kind](text).id).toBe(id);
	});

	it.each([
		["key", "a@", "invalid format"],
		["key", "a?foo=bar", 'invalid query parameter key "foo"'],
		["key", "a?ns=x", "not supported"],
		["service", "a/b", "invalid format"],
		["service", "api|", "invalid format"],
		["service", "api|any@dc1", "invalid format"],
		["service", "api|healthy", 'invalid filter: "healthy"'],
		["service", "api?peer=a&sameness-group=b", "cannot specify both"],
		["services", "api", "invalid format"],
		["nodes", "web1", "invalid format"],
		["node", "@dc1", "invalid format"],
	] as const)("%s %j is refused: %s", (kind, text, message) => {
		expect(() => kinds[kind](text)).toThrow(message);
	});
});
