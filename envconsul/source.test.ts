import { expect, test } from "vitest";
import { parsePrefix, parseServiceQuery } from "./source.ts";

const prefix = (text: string, stringPrefix = false, env = {}) =>
	parsePrefix(text, { env, stringPrefix, withPath: false });

test.each([
	["app", "app/", "app"],
	["app/", "app/", "app/"],
	["/app/x", "app/x/", "app/x"],
	["", "", ""],
	["/", "", ""],
])("%j reads below %j, as the reference what starts with %j", (text, path, string) => {
	expect(prefix(text).prefix).toBe(path);
	expect(prefix(text, true).prefix).toBe(string);
});

test("data center and environment", () => {
	expect(prefix("app@dc-2.x")).toMatchObject({ prefix: "app/", datacenter: "dc-2.x" });
	expect(prefix('app/{{ env "STAGE" }}', false, { STAGE: "prod" }).prefix).toBe("app/prod/");
});

test.each([
	['app/{{ env "STAGE" }}', "PREFIX_VARIABLE_MISSING"],
	["app/{{ stage }}", "TEMPLATE_INVALID"],
	["app@", "PREFIX_INVALID"],
	["app@a@b", "PREFIX_INVALID"],
])("%s is refused", (text, code) => {
	expect(() => prefix(text)).toThrow(expect.objectContaining({ code }));
});

test.each([
	["web", { name: "web" }],
	["v1.web", { name: "web", tag: "v1" }],
	["a.b.web@dc2", { name: "web", tag: "a.b", datacenter: "dc2" }],
	["web~_agent", { name: "web", near: "_agent" }],
])("service query %s", (text, expected) => {
	expect(parseServiceQuery(text, {})).toMatchObject(expected);
});

test.each(["", "a b", "web@", ".web"])("service query %j is refused", (text) => {
	expect(() => parseServiceQuery(text, {})).toThrow(expect.objectContaining({ code: "SERVICE_QUERY_INVALID" }));
});
