import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goFunc, intType, newBudget, parse, sliceOf, stringType, structType } from "./index.ts";

const instance = structType("Instance", { Name: stringType, Port: intType, Tags: sliceOf(stringType) });
type Instance = { readonly Name: string; readonly Port: number; readonly Tags: readonly string[] };

/** Lists by name, of which a test replaces some between two executions. */
function world(text: string) {
	const lists = new Map<string, readonly Instance[]>();
	let asked = 0;
	let said = 0;
	/** What the turn under way has read. */
	let noted: Map<string, readonly Instance[]> | undefined;
	const list = (name: string) => {
		const found = lists.get(name) ?? [];
		noted?.set(name, found);
		return found;
	};
	const functions = new Map([
		["list", goFunc("func(string) []Instance", list, { Instance: instance })],
		[
			"ask",
			goFunc("func(any) int", () => {
				asked++;
				return 7;
			}),
		],
		[
			"say",
			goFunc("func(string) string", (word: string) => {
				said++;
				return word.toUpperCase();
			}),
		],
	]);
	const template = parse({ name: "t", text, functions });
	const isPure = (name: string) => name !== "ask" && name !== "list";
	const memo = template.memo(isPure);
	const byTurns = template.memo(isPure, {
		isRead: (name) => name === "list",
		begin() {
			noted = new Map();
		},
		end() {
			const all = noted;
			noted = undefined;
			return all;
		},
		same: (all) => [...(all as typeof lists)].every(([name, list]) => lists.get(name) === list),
	});
	return {
		lists,
		asked: () => asked,
		said: () => said,
		memo,
		fresh: () => template.execute({ functions }),
		remembering: (budget = newBudget()) => template.execute({ functions, memo, budget }),
		rememberingTurns: (budget = newBudget()) => template.execute({ functions, memo: byTurns, budget }),
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
		'{{range $i, $b := list "b"}}{{say .Name}}{{$i}}{{range list "a"}}{{$b.Port}}{{.Port}}{{end}}{{end}}',
		'{{with list "b"}}{{len .}}{{break}}{{end}}',
		'{{if list "b"}}{{continue}}{{end}}-',
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
				const { lists, fresh, remembering, rememberingTurns } = world(written);
				for (const { name, port, empty } of [{ name: "a", port: 1, empty: false }, ...changes]) {
					lists.set(name, empty ? [] : three(port));
					const wanted = fresh();
					expect(remembering()).toBe(wanted);
					expect(rememberingTurns()).toBe(wanted);
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

	it("is written again turn by turn where the body reads data: only turns whose data changed are executed", () => {
		const { lists, rememberingTurns, fresh, said } = world(
			'{{range $i, $a := list "a"}}{{range list .Name}}{{say .Name}}{{end}}{{$i}} {{end}}',
		);
		lists.set("a", three(1));
		for (const name of ["x", "y", "z"]) lists.set(name, three(1));
		rememberingTurns();
		const before = said();
		lists.set("y", three(1).slice(1));
		expect(rememberingTurns()).toBe("XYZ0 YZ1 XYZ2 ");
		expect(said() - before).toBe(2);
		expect(fresh()).toBe("XYZ0 YZ1 XYZ2 ");
	});

	it.each(['{{range list "a"}}{{.Name}}{{end}}', '{{range list "a"}}{{.Name}}{{with list "b"}}{{end}}{{end}}'])(
		"counts for the limits as if it were written: %s",
		(text) => {
			const { lists, rememberingTurns } = world(text);
			lists.set("a", three(1));
			const left = [newBudget({ steps: 20 }), newBudget({ steps: 20 })].map((budget) => {
				rememberingTurns(budget);
				return budget.stepsLeft;
			});
			expect(left[0]).toBe(left[1]);
			expect(() => rememberingTurns(newBudget({ steps: 5 }))).toThrow('more than 5 steps (limit "steps")');
			expect(() => rememberingTurns(newBudget({ outputLength: 2 }))).toThrow('(limit "outputLength")');
		},
	);
});
