// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the templates' own syntax
import { describe, expect, it } from "vitest";
import type { PreparedQueryRecord, QueryService } from "../state/index.ts";
import { assertTemplate, renderTemplate } from "./query-template.ts";
import { queryService } from "./testing.ts";

function query(
	service: Partial<QueryService>,
	template: Partial<PreparedQueryRecord["template"]> = {},
): PreparedQueryRecord {
	return {
		id: "68585a17-668e-96d5-bfb4-ebfcd252a16d",
		name: "vv-",
		session: "",
		token: "",
		template: { type: "name_prefix_match", regexp: "^vv-(.*?)(?:-([^-]+))?$", removeEmptyTags: false, ...template },
		service: queryService("x", service),
		dnsTtl: "",
		createIndex: 1,
		modifyIndex: 1,
	};
}

describe("a template", () => {
	it.each([
		["fixed", "fixed"],
		["${name.full}", "vv-geo-master"],
		["p-${name.prefix}|${ name.suffix }", "p-vv-|geo-master"],
		["${match(0)}", "vv-geo-master"],
		["${match(1)}.${match(2)}", "geo.master"],
		["[${match(3)}]", "[]"],
		["$${match(1)}", "${match(1)}"],
		["$x {y} $", "$x {y} $"],
		['${"lit}"}', "lit}"],
		["${agent.segment}", ""],
		["${name.full} }", "vv-geo-master }"],
	])("%s becomes %s", (text, expected) => {
		expect(renderTemplate(query({ service: text }), "vv-geo-master").service.service).toBe(expected);
	});

	it("is filled in wherever the service's definition has text, and nowhere else", () => {
		const asked = query({
			near: "${match(1)}",
			tags: ["!${match(1)}"],
			nodeMeta: { k: "${match(1)}" },
			serviceMeta: { "${x}": "${match(1)}" },
			ignoreCheckIds: ["${match(1)}"],
			failover: { nearestN: 1, datacenters: ["${match(1)}"], targets: null },
		});
		expect(renderTemplate(asked, "vv-Abc").service).toEqual({
			...asked.service,
			near: "Abc",
			tags: ["!Abc"],
			nodeMeta: { k: "Abc" },
			serviceMeta: { "${x}": "Abc" },
			ignoreCheckIds: ["Abc"],
			failover: { nearestN: 1, datacenters: ["Abc"], targets: null },
		});
	});

	it("gives empty text where the expression does not match, and the whole name where the prefix is spelt otherwise", () => {
		const asked = query({ service: "[${match(1)}][${name.suffix}]", tags: ["${match(1)}", "k"] });
		expect(renderTemplate(asked, "VV-Abc").service).toMatchObject({ service: "[][VV-Abc]", tags: ["", "k"] });
		const cleaned = { ...asked, template: { ...asked.template, removeEmptyTags: true } };
		expect(renderTemplate(cleaned, "VV-Abc").service.tags).toEqual(["k"]);
	});

	it.each([
		["${match(x)}", {}, "match(x)"],
		["${foo}", {}, "none of name.full"],
		["${match(1", {}, "without }"],
		["x", { regexp: "(" }, "Bad Regexp: error parsing regexp: missing closing ): `(`"],
		["x", { type: "zap" }, "Bad Template.Type 'zap'"],
	])("with %s %j is refused", (service, template, message) => {
		expect(() => assertTemplate(query({ service }, template))).toThrow(message);
	});

	it("that is none stays as it is, whatever it holds", () => {
		const plain = query({ service: "${" }, { type: "" });
		expect(renderTemplate(plain, "vv-")).toBe(plain);
		expect(() => assertTemplate(plain)).not.toThrow();
	});
});
