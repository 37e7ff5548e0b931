import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goFunc, intType, newBudget, parse, sliceOf, stringType, structType } from "./index.ts";

const instance = structType("Instance", { Name: stringType, Port: intType, Tags: sliceOf(stringType) });
type Instance = { readonly Name: string; readonly Port: number; readonly Tags: readonly string[] };

/** Lists by name, of which a test replaces some between two executions. */
function world(text: string) {
	const lists = new Map<string, readonly Instance[]>();
	let asked = 0;
	const functions = new Map([
		["list", goFunc("func(string) []Instance", (name: string) => lists.get(name) ?? [], { Instance: instance })],
		[
			"ask",
			goFunc("func(any) int", () => {
				asked++;
				return 7;
			}),
		],
		["say", goFunc("func(string) string", (word: string) => word.toUpperCase())],
	]);
	const template = parse({ name: "t", text, functions });
	const memo = template.memo((name) => name !== "ask" && name !== "list");
	return {
		lists,
		asked: () => asked,
		memo,
		fresh: () => template.execute({ functions }),
		remembering: (budget = newBudget()) => template.execute({ functions, memo, budget }),
	};
}

const three = (port: number): readonly Instance[] =>
	["x", "y", "z"].map((Name, i) => ({ Name, Port: port + i, Tags: ["v1", `t${i}`] }));

describe("what loops have written", () => {
	const body = fc.constantFrom(
		"{{.Name}}:{{.Port}} ",
		"{{range .Tags}}{{.}},{{end}}",
		"{{range $i, $t := .Tags}}{{$i}}{{$t}}{{$a}}{{end}}",
		"{{$p := .Port}}{{if gt $p 2}}{{$p}}{{else}}{{break}}{{end}}",
		"{{if eq .Name $a}}{{continue}}{{end}}{{say .Name}}",
		"{{$n = .Port}}",
		"{{$n}}",
		"{{$}}",
		"{{ask .}}",
		'{{template "part" .Name}}',
		'{{template "outer" .}}',
		"{{with .Tags}}{{index . 0}}{{end}}",
		'{{range list "b"}}{{.Name}}{{end}}',
	);
	const loop = fc
		.tuple(fc.constantFrom("range", "range $e :=", "range $i, $e :="), fc.constantFrom("a", "b"), fc.array(body))
		.map(([head, name, bodies]) => `{{${head} list "${name}"}}${bodies.join("")}{{else}}none{{end}}`);
	const text = fc
		.array(loop, { minLength: 1, maxLength: 4 })
		.map(
			(loops) =>
				`{{define "part"}}[{{.}}]{{end}}{{define "outer"}}{{range .Tags}}{{.}}{{end}}{{end}}` +
				`{{$a := "x"}}{{$n := 0}}${loops.join("|")}{{$a = "y"}}${loops.join("|")}`,
		);
	const change = fc.record({ name: fc.constantFrom("a", "b"), port: fc.nat(4), empty: fc.boolean() });

	it("is what they would write", () => {
		fc.assert(
			fc.property(text, fc.array(change, { maxLength: 5 }), (written, changes) => {
				const { lists, fresh, remembering } = world(written);
				for (const { name, port, empty } of [{ name: "a", port: 1, empty: false }, ...changes]) {
					lists.set(name, empty ? [] : three(port));
					expect(remembering()).toBe(fresh());
				}
			}),
		);
	});

	it("is not written again by a loop that asks for something, or whose outer variables have changed", () => {
		const { lists, remembering, asked } = world('{{$n := 1}}{{range list "a"}}{{ask .}}{{end}}');
		lists.set("a", three(1));
		remembering();
		remembering();
		expect(asked()).toBe(6);
	});

	it("counts for the limits as if it were written", () => {
		const { lists, remembering } = world('{{range list "a"}}{{.Name}}{{end}}');
		lists.set("a", three(1));
		const left = [newBudget({ steps: 10 }), newBudget({ steps: 10 })].map((budget) => {
			remembering(budget);
			return budget.stepsLeft;
		});
		expect(left[0]).toBe(left[1]);
		expect(() => remembering(newBudget({ steps: 5 }))).toThrow('more than 5 steps (limit "steps")');
		expect(() => remembering(newBudget({ outputLength: 2 }))).toThrow('(limit "outputLength")');
	});
});
