import { describe, expect, it } from "vitest";
import {
	anyType,
	errorType,
	type GoValue,
	goFloat,
	goFunc,
	goInt,
	goMap,
	goMethod,
	goPointer,
	goSignature,
	goSlice,
	goStruct,
	goType,
	goValue,
	int8Type,
	int64Type,
	intType,
	mapOf,
	namedType,
	parse,
	pointerTo,
	sliceOf,
	stringType,
	structType,
	typeText,
} from "./index.ts";

/** The types of a small Go program whose output is what these tables expect (Go 1.26). */
const tags = namedType("main.Tags", sliceOf(stringType), {
	Contains: goMethod("func(string) bool", (list: readonly string[], tag: string) => list.includes(tag)),
});
const duration = namedType("time.Duration", int64Type, {
	String: goMethod("func() string", (ns: number) => `${Math.floor(ns / 6e10)}m${(ns % 6e10) / 1e9}s`),
	Seconds: goMethod("func() float64", (ns: number) => ns / 1e9),
});
const shown = structType(
	"main.S",
	{ X: intType },
	{ String: goMethod("func() string", (s: { X: number }) => `S<${s.X}>`) },
);
type NodeFields = { readonly Name: string };
const node = structType(
	"main.N",
	{
		Name: stringType,
		Tags: tags,
		P: pointerTo(structType("main.N", { Name: stringType })),
		D: duration,
		F: goSignature("func(int) int"),
		M: mapOf(stringType, sliceOf(stringType)),
		I: anyType,
	},
	{
		Hello: goMethod("func(string, ...int) (string, error)", (n: NodeFields, a: string, ...b: number[]) => {
			if (a === "bad") throw new Error("bad a");
			return `hi ${n.Name}${a}[${b.join(" ")}]`;
		}),
		Val: goMethod("func() int", () => 7),
		Any: goMethod("func() any", () => null),
	},
);
const fields = {
	Name: "n",
	Tags: ["a", "b"],
	D: 90e9,
	F: (i: number) => i * 2,
	M: new Map([["k", ["v"]]]),
};
const data = new Map<string, GoValue>([
	["n", goPointer(node, fields)],
	["np", goPointer(node, undefined)],
	["s", goStruct(shown, { X: 3 })],
	["ps", goPointer(shown, { X: 4 })],
	["ls", goSlice(shown, [{ X: 1 }, { X: 2 }])],
	["ns", goSlice(pointerTo(node), [fields])],
	["i8", goValue(int8Type, -5)],
	["ps2", goPointer(sliceOf(intType), [1, 2, 3])],
	["nps", goPointer(sliceOf(intType), undefined)],
	[
		"mi",
		goMap(
			anyType,
			anyType,
			new Map<unknown, unknown>([
				["a", 1],
				[2, "x"],
				[goFloat(3), null],
				[true, 1],
				[null, 0],
			]),
		),
	],
	["nilm", goValue(goType("map[string]int"), undefined)],
	["nils", goValue(goType("[]string"), undefined)],
	["mss", goMap(stringType, sliceOf(stringType), { a: ["b"] })],
]);

function render(text: string): string {
	try {
		return parse({ name: "t", text }).execute({ data });
	} catch (error) {
		return (error as { reason: string }).reason;
	}
}

describe("typed values", () => {
	it.each([
		['{{.n.Tags.Contains "a"}} {{.n.Tags.Contains "z"}}', "true false"],
		['{{.n.Hello "x" 1 2}}', "hi nx[1 2]"],
		['{{"q" | .n.Hello}}', "hi nq[]"],
		['{{.n.Hello "bad"}}', "error calling Hello: bad a"],
		["{{.n.Hello}}", "wrong number of args for Hello: want at least 1 got 0"],
		["{{.n.Hello 5}}", "expected string; found 5"],
		["{{.n.Val}}", "7"],
		["{{.n.Val 1}}", "wrong number of args for Val: want 0 got 1"],
		["{{.np.Name}}", "nil pointer evaluating interface {}.Name"],
		["{{.np.Nope}}", "can't evaluate field Nope in type interface {}"],
		["{{.n.P.Name}}", "nil pointer evaluating *main.N.Name"],
		["{{.np}} {{.n.P}} {{if .np}}y{{else}}n{{end}}{{with .n.P}}y{{else}}n{{end}}", "<nil> <nil> nn"],
		["{{range .np}}{{end}}", "range can't iterate over <nil>"],
		["{{len .np}}", "error calling len: len of nil pointer"],
		["{{index .np 1}}", "error calling index: index of nil pointer"],
		["{{slice .nps 1}}", "error calling slice: slice of nil pointer"],
		[
			'{{.n.D}} {{printf "%d %v %s %q %x" .n.D .n.D .n.D .n.D .n.D}}',
			'1m30s 90000000000 1m30s 1m30s "1m30s" 316d333073',
		],
		["{{.n.D.Seconds}} {{eq .n.D 90000000000}}", "90 true"],
		["{{.n.F}}", "can't print {{.n.F}} of type func(int) int"],
		["{{.n.F 3}}", "F has arguments but cannot be invoked as function"],
		["{{call .n.F 3}}", "6"],
		["{{.n.M.k}} {{.n.M.zz}} {{.n.M.zz.y}}", "[v] <no value> <no value>"],
		["{{.n.I}}", "<no value>"],
		["{{.n.I.x}}", "nil pointer evaluating interface {}.x"],
		["{{.n.Any.x}}", "nil pointer evaluating interface {}.x"],
		["{{(.n.Any).x}}", "<no value>"],
		[
			'{{.s}} {{.ps}} {{.ls}} {{printf "%v %+v %#v %d %s" .s .s .s .s .s}}',
			"S<3> S<4> [S<1> S<2>] S<3> S<3> main.S{X:3} {3} S<3>",
		],
		['{{printf "%s %d %x" .ls .ls .s}}', "[S<1> S<2>] [{1} {2}] 533c333e"],
		['{{printf "%T %T %T" .n.Tags .n .n.D}}', "main.Tags *main.N time.Duration"],
		["{{slice .ps2 1}} {{index .ps2 1}} {{len .ps2}} {{range .ps2}}{{.}}{{end}}", "[2 3] 2 3 123"],
		["{{.mi}}", "map[<nil>:0 true:1 2:x 3:<nil> a:1]"],
		['{{index .mi 2}} {{index .mi "a"}} {{index .mi 3.0}} {{.mi.a}} {{.mi.zz}}', "x 1 <no value> 1 <no value>"],
		['{{printf "%#v %#v %v %v" .nilm .nils .nilm .nils}}', "map[string]int(nil) []string(nil) map[] []"],
		["{{eq .nils nil}} {{eq .nilm nil}}", "true true"],
		["{{eq .s .s}} {{eq .i8 -5}} {{lt .i8 3}}", "true true true"],
		['{{printf "%x %b %v" .i8 .i8 .i8}}', "-5 -101 -5"],
		['{{index .mss "zz"}} {{len (index .mss "zz")}}', "[] 0"],
		["{{html .s .ps}}", "S&lt;3&gt; S&lt;4&gt;"],
		["{{print .np}} {{println .ps}}", "<nil> S<4>\n"],
		['{{slice .n.Tags 1}} {{(slice .n.Tags 1).Contains "b"}}', "[b] true"],
		["{{range .ns}}{{.Name}}{{.Tags}}{{end}}", "n[a b]"],
		["{{not .np}}{{and .np 1}}", "true<nil>"],
		["{{.n.Name.x}}", "can't evaluate field x in type string"],
		["{{.n.Tags.x}}", "can't evaluate field x in type main.Tags"],
		["{{.n.M.k.x}}", "can't evaluate field x in type []string"],
		['{{printf "%6v|%-6v|%06d" .s .n.D .s}}', "  S<3>|1m30s |{000003}"],
		['{{printf "%t" .n.D}}', "%!t(time.Duration=90000000000)"],
	])("%s", (text, expected) => {
		expect(render(text)).toBe(expected);
	});

	it.each([
		[goInt(5), "int"],
		[2n ** 63n - 1n, "int"],
		[1.5, "float64"],
		[goFloat(1), "float64"],
		[[], "[]interface {}"],
		[new Map(), "map[string]interface {}"],
		[null, "<nil>"],
		[undefined, "<nil>"],
		[
			goFunc("func(string, ...any) (map[string][]int, error)", () => null),
			"func(string, ...interface {}) map[string][]int",
		],
	])("type %#", (value, text) => {
		expect(typeText(value as GoValue)).toBe(text);
	});
});

describe("goType", () => {
	it.each(["int", "[]string", "map[string]interface {}", "map[int][]*main.N", "<-chan uint8", "func() bool", "error"])(
		"%s",
		(text) => {
			expect(goType(text, { "main.N": node }).text).toBe(text);
		},
	);

	it("makes an unnamed type once", () => {
		expect(goType("map[string][]any")).toBe(mapOf(stringType, sliceOf(anyType)));
		expect(goType("error")).toBe(errorType);
	});

	it.each(["", "strin", "[]", "map[string", "func(int", "func(...int, int) int", "int x"])("refuses %j", (text) => {
		expect(() => goType(text)).toThrow(/^invariant broken: type/);
	});
});
