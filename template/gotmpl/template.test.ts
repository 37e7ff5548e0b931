import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { engineFunctions } from "./engine-functions.ts";
import { goFunc, newBudget, parse, type TemplateError, type TemplateFunctions } from "./index.ts";

function errorOf(run: () => unknown): Partial<TemplateError> {
	try {
		run();
	} catch (error) {
		return error as TemplateError;
	}
	throw new Error("no error");
}

describe("texts that templates share", () => {
	const shared = [
		{ name: "one.tpl", text: '{{define "head"}}one {{.}}{{end}}{{define "foot"}}f{{end}}whole' },
		{ name: "two.tpl", text: '{{define "head"}}two {{.}}{{end}}' },
	];

	it("are called by what they define and by their names; the later wins, and the text itself before all", () => {
		expect(parse({ name: "", text: '{{template "head" 1}} {{template "one.tpl"}}', shared }).execute()).toBe(
			"two 1 whole",
		);
		const own = '{{define "head"}}own{{end}}{{define "foot"}} {{end}}{{template "head" 1}} {{template "foot"}}';
		expect(parse({ name: "", text: own, shared }).execute()).toBe("own f");
	});

	it("have their own names and lines in errors", () => {
		const broken = [{ name: "b.tpl", text: 'x\n{{define "bad"}}\n{{index . 1}}{{end}}' }];
		const called = errorOf(() => parse({ name: "", text: '{{template "bad" 7}}', shared: broken }).execute());
		expect(called.message).toMatch(/^template: b\.tpl:3:2: executing "bad" at <index \. 1>: /);
		const text = [{ name: "b.tpl", text: "\n{{nofunc}}" }];
		expect(errorOf(() => parse({ name: "", text: "x", shared: text })).message).toBe(
			'template: b.tpl:2: function "nofunc" not defined',
		);
	});
});

describe("parse", () => {
	it("names template, line and reason", () => {
		const error = errorOf(() => parse({ name: "haproxy.ctmpl", text: "a\n{{nofunc}}" }));
		expect(error).toMatchObject({
			code: "TEMPLATE_PARSE",
			kind: "parse",
			line: 2,
			message: 'template: haproxy.ctmpl:2: function "nofunc" not defined',
		});
	});

	it("lists the templates that a text defines", () => {
		const { templates } = parse({ name: "main", text: '{{define "b"}}{{end}}{{block "a" .}}{{end}}' });
		expect(templates).toEqual(["a", "b", "main"]);
	});

	it.each([
		["parentheses", "{{print ".concat("(".repeat(100_000), "1", ")".repeat(100_000), "}}")],
		["branches", "{{if 1}}".repeat(100_000).concat("{{end}}".repeat(100_000))],
		["else ifs", "{{if 0}}".concat("{{else if 0}}".repeat(100_000), "{{end}}")],
	])("refuses endless nesting of %s", (_what, text) => {
		expect(errorOf(() => parse({ name: "t", text })).message).toBe("template: t:1: max expression depth exceeded");
	});

	it("throws nothing but TemplateErrors on any text", () => {
		const piece = fc.constantFrom(
			...["{{", "}}", "{{- ", " -}}", ".", "$x", ":=", "|", "(", ")", '"a"', "'b'", "`c`", "1.5", "nil", "true"],
			...["if", "else", "end", "range", "with", "define", "template", "block", "break", " ", "\n", "print", "/*", "*/"],
		);
		const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 25 });
		fc.assert(
			fc.property(text, (pieces) => {
				try {
					const template = parse({ name: "t", text: pieces.join(""), functions: engineFunctions });
					expect(String(parse({ name: "t", text: String(template), functions: engineFunctions }))).toBe(
						String(template),
					);
					template.execute({ functions: engineFunctions, budget: newBudget({ steps: 10_000 }) });
				} catch (error) {
					expect((error as Error).name).toBe("TemplateError");
				}
			}),
			{ numRuns: 500 },
		);
	});
});

describe("execute", () => {
	it("names template, place, node and reason", () => {
		const template = parse({ name: "t", text: '{{define "x"}}\n é{{.a.b}}{{end}}{{template "x" .}}' });
		expect(errorOf(() => template.execute({ data: new Map([["a", 1]]) }))).toMatchObject({
			code: "TEMPLATE_EXECUTE",
			kind: "exec",
			line: 2,
			column: 7,
			executing: "x",
			at: ".a.b",
			message: 'template: t:2:7: executing "x" at <.a.b>: can\'t evaluate field b in type interface {}',
		});
	});

	it("keeps what a function threw as the cause", () => {
		const thrown = new Error("no leader");
		const functions = new Map([
			[
				"key",
				goFunc("func(string) string", () => {
					throw thrown;
				}),
			],
		]);
		const template = parse({ name: "", text: '{{key "a"}}', functions });
		const error = errorOf(() => template.execute({ functions }));
		expect(error.message).toBe('template: :1:2: executing "" at <key "a">: error calling key: no leader');
		expect(error.cause).toBe(thrown);
	});

	it("lets a function take the place of one of Go's own", () => {
		const functions = new Map([["len", goFunc("func(string) string", (text: string) => `length of ${text}`)]]);
		expect(parse({ name: "t", text: '{{len "a"}}', functions }).execute({ functions })).toBe("length of a");
	});

	it("does not take inherited properties for functions or keys", () => {
		expect(errorOf(() => parse({ name: "t", text: "{{constructor}}" })).message).toContain("not defined");
		expect(parse({ name: "t", text: "{{.constructor}}" }).execute({ data: new Map() })).toBe("<no value>");
	});

	it("executes a defined template by name, also from within a function", () => {
		const budget = newBudget();
		const functions: TemplateFunctions = new Map([
			["run", goFunc("func(string, any) string", (name: string, data: never) => run(name, data))],
		]);
		const template = parse({ name: "t", text: '{{define "x"}}<{{.}}>{{end}}{{run "x" 5 | len}}', functions });
		const run = (name: string, data: never): string => template.execute({ template: name, data, functions, budget });
		expect(template.execute({ template: "x", data: 1 })).toBe("<1>");
		expect(template.execute({ functions, budget })).toBe("3");
		expect(errorOf(() => template.execute({ template: "y" })).message).toBe(
			'template: t: no template "y" associated with template "t"',
		);
	});
});

describe("an execution in slices", () => {
	it("writes the same, wherever it is left", () => {
		const text = `{{define "x"}}{{range $i, $e := .}}{{if eq $i 900}}{{break}}{{else}}{{$e}} {{end}}{{end}}{{end}}{{template "x" .}}{{range 700}}{{.}}{{else}}{{end}}`;
		const template = parse({ name: "t", text });
		const data = Array.from({ length: 1000 }, (_, i) => `e${i}`);
		const execution = template.start({ data });
		let slices = 1;
		while (!execution.advance(() => true)) slices++;
		expect(execution.output()).toBe(template.execute({ data }));
		expect(slices).toBeGreaterThan(10);
	});
});

describe("limits", () => {
	it.each([
		["{{range 1000000}}{{end}}", { steps: 1000 }, 'execution takes more than 1000 steps (limit "steps")'],
		[
			"{{range 100}}0123456789{{end}}",
			{ outputLength: 99 },
			'output is longer than 99 characters (limit "outputLength")',
		],
		['{{template "t"}}', { depth: 20 }, "exceeded maximum template depth (20)"],
		['{{template "t"}}', {}, "exceeded maximum template depth (100000)"],
	])("%s", (text, limits, reason) => {
		expect(errorOf(() => parse({ name: "t", text }).execute({ budget: newBudget(limits) })).reason).toBe(reason);
	});

	it("hold across nested executions that share a budget", () => {
		const functions: TemplateFunctions = new Map([["again", goFunc("func() string", () => again())]]);
		const template = parse({ name: "t", text: "{{again}}", functions });
		const budget = newBudget({ steps: 50 });
		const again = (): string => template.execute({ functions, budget });
		expect(errorOf(again).message).toContain('execution takes more than 50 steps (limit "steps")');
	});

	it("end templates that call each other through a function without end", () => {
		const functions: TemplateFunctions = new Map([["again", goFunc("func() string", () => again())]]);
		const template = parse({ name: "t", text: "{{again}}", functions });
		const again = (): string => template.execute({ functions });
		expect(errorOf(again).code).toBe("TEMPLATE_EXECUTE");
	});
});
