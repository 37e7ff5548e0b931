import { describe, expect, test } from "vitest";
import { tagsTemplate } from "./tags-template.ts";
import { inspectAnswer } from "./testing/containers.ts";

const inspect = inspectAnswer({
	name: "rg-a",
	environment: { ROLE: "front", ROLE2: "b" },
	labels: { tier: "gold" },
	published: { "80/tcp": ["0.0.0.0:8001"] },
});
const nowhere = () => Promise.reject(new Error("no documents here"));

describe("a template over Docker's answer", () => {
	test.each([
		["prod,x", "prod,x"],
		["{{.Name}},{{.Config.Image}}", "/rg-a,acme/foobar:1.2"],
		["{{.ID | len}}", "64"],
		['{{matchFirstElement "^ROLE=" .Config.Env}}', "ROLE=front"],
		['{{join "+" (matchAllElements "^ROLE" .Config.Env)}}', "ROLE=front+ROLE2=b"],
		['{{join "+" (split "." "p.q.r")}}', "p+q+r"],
		['{{mIndex "tier" .Config.Labels}}{{mIndex "none" .Config.Labels}}', "gold"],
		["{{sIndex 0 .Config.Env}},{{sIndex 9 .Config.Env}}", "ROLE=front,"],
		['{{splitIndex 1 ":" .Config.Image}}', "1.2"],
		['{{strSlice "abcdef" 2}} {{strSlice "abcdef" 1 3}} {{strSlice "ab" 5}}', "cdef bc "],
		['{{toUpper "ab"}}{{toLower "CD"}}', "ABcd"],
		['{{replace 1 "a" "b" "aaa"}} {{replace -1 "a" "b" "aaa"}}', "baa bbb"],
		["{{range $port, $_ := .NetworkSettings.Ports}}{{$port}}{{end}}", "80/tcp"],
	])("%s", async (text, expected) => {
		expect(await tagsTemplate(text, nowhere).render(inspect)).toBe(expected);
	});

	test("a document is fetched once, whatever the order of execution", async () => {
		const asked: string[] = [];
		const get = async (url: string) => {
			asked.push(url);
			return Buffer.from(JSON.stringify({ a: { b: url, n: 7 } }));
		};
		const text =
			'{{jsonParse (httpGet "http://x") "a::b"}},{{jsonParse (httpGet "http://y") "a::n"}},{{jsonParse (httpGet "http://x") "z"}}';
		expect(await tagsTemplate(text, get).render(inspect)).toBe("http://x,7,");
		expect(asked).toEqual(["http://x", "http://y"]);
	});
});

test("what is no template is refused at once", () => {
	expect(() => tagsTemplate("{{.Name", nowhere)).toThrow(expect.objectContaining({ code: "TEMPLATE_PARSE" }));
});

test("a field that Docker does not have is an error", async () => {
	await expect(tagsTemplate("{{.Nothing}}", nowhere).render(inspect)).rejects.toMatchObject({
		code: "TEMPLATE_EXECUTE",
	});
});

test("a document that cannot be had is an error", async () => {
	await expect(tagsTemplate('{{httpGet "http://x"}}', nowhere).render(inspect)).rejects.toThrow("no documents here");
});
