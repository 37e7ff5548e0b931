import { describe, expect, it } from "vitest";
import { type GoValue, parse } from "../gotmpl/index.ts";
import { createFunctions, preloadFunctions } from "./index.ts";
import { recordTypes } from "./record-types.ts";

const nowMs = Date.UTC(2026, 1, 3, 16, 5, 6, 70);

/** Renders with the given data by dependency id; what is not there counts as missing. */
async function render(text: string, data: Readonly<Record<string, unknown>> = {}, denylist: readonly string[] = []) {
	await preloadFunctions(text);
	const scratch = new Map<string, GoValue>();
	const missing: string[] = [];
	const functions = createFunctions(
		{
			data: ({ id }) => {
				if (!Object.hasOwn(data, id)) missing.push(id);
				return data[id];
			},
			environment: { HOME: "/root", EMPTY: "" },
			nowMs: () => nowMs,
			scratch: () => scratch,
			execute: (name, dot) => template.execute({ functions, template: name, data: dot }),
			sandboxPath: undefined,
			sandboxesEffects: true,
		},
		denylist,
	);
	const template = parse({ name: "", text, functions });
	return { text: template.execute({ functions, missingKey: "zero", data: null }), missing };
}

describe("functions", () => {
	it.each([
		// text
		['{{ toTitle "it\'s 2nd o-ring" }}', "It's 2Nd O-Ring"],
		['{{ toUpper "straße" }}', "STRAßE"],
		['{{ trim "xy" "xyaxbyx" }} {{ "--a--" | trim "-" }}', "axb a"],
		['{{ split "," " a, b " | toJSON }} {{ split "" "añ" | toJSON }}', '["a"," b"] ["a","ñ"]'],
		['{{ splitToMap ";" ":" "a:1;bad;c:d:e" | toJSON }}', '{"a":"1","c":"d:e"}'],
		['{{ indent 2 "a\\n\\nb" }}', "  a\n\n  b"],
		['{{ replaceAll "" "-" "ab" }}', "-a-b-"],
		// encodings
		['{{ base64Encode "a?>é" }} {{ base64URLEncode "a?>é" }}', "YT8+w6k= YT8-w6k="],
		['{{ base64Decode "YT8+w6k=" }}', "a?>é"],
		// regular expressions
		// biome-ignore lint/suspicious/noTemplateCurlyInString: Go's syntax of replacements
		['{{ regexReplaceAll "(\\\\w+) (?P<b>\\\\w+)" "${b} $1x$$" "john smith" }}', "smith $"],
		['{{ sprig_regexSplit "z+" "pizzaz" -1 | toJSON }}', '["pi","a",""]'],
		['{{ sprig_regexFindAll "a*" "baac" -1 | toJSON }}', '["","aa",""]'],
		// numbers
		[
			'{{ parseInt "-7" }} {{ parseUint "18446744073709551615" }} {{ parseFloat "1e3" }}',
			"-7 18446744073709551615 1000",
		],
		["{{ divide 3 -7 }} {{ modulo 3 -10 }} {{ multiply 9223372036854775807 2 }}", "-2 -1 -2"],
		["{{ minimum 3 1.5 }} {{ maximum 3 1 }}", "1.5 3"],
		['{{ range loop "2" 5 }}{{ . }}{{ end }}', "234"],
		// documents
		['{{ (parseYAML "a: 010\\nb: yes\\nc: 1.0\\nd: 2020-01-02").a }}', "8"],
		['{{ with parseYAML "b: yes\\nd: 2020-01-02" }}{{ .b }} {{ .d }}{{ end }}', "true 2020-01-02"],
		[
			'{{ parseJSON "{\\"b\\":[1,{\\"c\\":null}],\\"a\\":\\"x\\\\ny\\"}" | toYAML }}',
			"a: |-\n  x\n  y\nb:\n- 1\n- c: null",
		],
		['{{ parseJSON "{\\"a\\":{\\"b\\":1.5},\\"z\\":true}" | toTOML }}', "z = true\n\n[a]\n  b = 1.5"],
		['{{ toUnescapedJSONPretty (parseJSON "{\\"a\\":\\"<\\"}") }}', '{\n  "a": "<"\n}'],
		['{{ "\\u2028<" | toJSON }}', '"\\u2028\\u003c"'],
		// time, environment, scratch
		['{{ timestamp }} {{ timestamp "unix" }}', "2026-02-03T16:05:06Z 1770134706"],
		['{{ timestamp "Mon Jan _2 3:04PM 06 .000" }}', "Tue Feb  3 4:05PM 26 .070"],
		['{{ env "HOME" }} [{{ env "NOPE" }}] [{{ envOrDefault "EMPTY" "d" }}]', "/root [] []"],
		['{{ scratch.MapSet "m" "b" 2 }}{{ scratch.MapSetX "m" "b" 3 }}{{ scratch.Get "m" }}', "map[b:2]"],
		['{{ define "x" }}<{{ . }}>{{ end }}{{ executeTemplate "x" "y" | toUpper }}', "<Y>"],
		// sprig
		['{{ sprig_semverCompare "^1.2 || >=3" "2.0.0" }} {{ sprig_semverCompare "1.x, !=1.5.0" "1.4.9" }}', "false true"],
		['{{ (sprig_semver "v1.2").Patch }} {{ sprig_semver "1.2.3-rc1+b" }}', "0 1.2.3-rc1+b"],
		['{{ sprig_camelcase "http_server" }} {{ sprig_snakecase "HTTPServer" }}', "HttpServer http_server"],
		['{{ sprig_abbrev 5 "hello world" }} {{ sprig_abbrevboth 5 10 "1234 5678 9123" }}', "he... ...5678..."],
		['{{ sprig_wrap 5 "Hello World" }}', "Hello\nWorld"],
		['{{ sprig_b32enc "abc" }} {{ sprig_b32dec "MFRGG===" }} {{ sprig_adler32sum "hello" }}', "MFRGG=== abc 103547413"],
		[
			'{{ sprig_urlParse "http://u:p@h:80/p?q=1#f" | toJSON }}',
			'{"fragment":"f","host":"h:80","hostname":"h","opaque":"","path":"/p","query":"q=1","scheme":"http","userinfo":"u:p"}',
		],
		['{{ sprig_unixEpoch (sprig_toDate "2006-01-02" "2017-12-31") }}', "1514678400"],
		['{{ sprig_duration "95" }} {{ sprig_duration 95 }} {{ sprig_durationRound "2h10m5s" }}', "1m35s 0s 2h"],
		["{{ sprig_round 123.555555 3 }} {{ sprig_addf 0.1 0.2 }} {{ sprig_divf 1 4 }}", "123.556 0.3 0.25"],
		[
			'{{ sprig_base "a/b.tar.gz" }} {{ sprig_ext "b.tar.gz" }} {{ sprig_dir "/a/b" }} {{ sprig_clean "a//b/../c" }}',
			"b.tar.gz .gz /a a/c",
		],
		['{{ sprig_decryptAES "secret" (sprig_encryptAES "secret" "text") }}', "text"],
		['{{ sprig_merge (sprig_dict "a" 1) (sprig_dict "a" 2 "b" 3) | toJSON }}', '{"a":1,"b":3}'],
		["{{ sprig_chunk 2 (sprig_list 1 2 3) | toJSON }} {{ sprig_seq 0 2 6 }}", "[[1,2],[3]] 0 2 4 6"],
	])("%s", async (text, wanted) => {
		expect((await render(text)).text).toBe(wanted);
	});

	it.each([
		['{{ parseInt "0x10" }}', 'strconv.ParseInt: parsing "0x10": invalid syntax'],
		['{{ base64Decode "aGVsbG8" }}', "illegal base64 data at input byte 4"],
		['{{ regexMatch "(" "a" }}', "error parsing regexp"],
		['{{ regexMatch "a(?=b)" "a" }}', "error parsing regexp"],
		['{{ mustEnv "EMPTY" }}', "required environment variable EMPTY is empty"],
		["{{ divide 0 1 }}", "integer divide by zero"],
		['{{ add "1" 2 }}', 'add: unknown type for "1" (string)'],
		['{{ parseJSON "{nope" }}', "JSON"],
		['{{ sprig_fail "stop here" }}', "stop here"],
		['{{ indent -1 "a" }}', "positive"],
	])("%s is an error", async (text, message) => {
		await expect(render(text)).rejects.toThrow(message);
	});

	it("fail when they are on the deny list, and only when called", async () => {
		await expect(render('{{ env "X" }}', {}, ["env"])).rejects.toThrow("function is disabled");
		expect((await render('{{ if false }}{{ sprig_upper "x" }}{{ end }}ok', {}, ["sprig_*"])).text).toBe("ok");
	});
});

describe("API functions", () => {
	const instance = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
		Node: "n",
		NodeID: "",
		NodeAddress: "10.0.0.1",
		NodeTaggedAddresses: {},
		NodeMeta: {},
		ServiceMeta: {},
		Address: "10.0.0.1",
		ServiceTaggedAddresses: {},
		ID: id,
		Name: "api",
		Tags: [],
		Checks: [],
		Status: "passing",
		Port: 80,
		Weights: { Passing: 1, Warning: 2 },
		...more,
	});
	const data = {
		"health.service(api|passing)": [
			instance("a", { Tags: ["x", "y"], ServiceMeta: { v: "1" } }),
			instance("b", { Port: 81, Tags: ["x"] }),
		],
		"kv.list(p)": [
			{ Key: "", Path: "p", Value: "self" },
			{ Key: "a", Path: "p/a", Value: "1" },
			{ Key: "d/", Path: "p/d/", Value: "" },
			{ Key: "d/e", Path: "p/d/e", Value: "2" },
		],
		"kv.get(k)": "",
		"kv.get(none)": null,
	};

	it.each([
		['{{ range service "api" }}{{ .ID }}:{{ .Port }} {{ .Weights }} {{ end }}', "a:80 {1 2} b:81 {1 2} "],
		['{{ range $t, $l := service "api" | byTag }}{{ $t }}={{ range $l }}{{ .ID }}{{ end }} {{ end }}', "x=ab y=a "],
		['{{ range $p, $l := service "api" | byPort }}{{ $p }}={{ len $l }} {{ end }}', "80=1 81=1 "],
		['{{ range $k, $l := service "api" | byMeta "v|int" }}{{ $k }} {{ end }}', "00000 00001 "],
		['{{ range service "api" }}{{ if .Tags.Contains "y" }}{{ .ID }}{{ end }}{{ end }}', "a"],
		['{{ range ls "p" }}{{ .Key }};{{ end }} {{ range tree "p" }}{{ .Key }};{{ end }}', "a; a;d/e;"],
		['{{ tree "p" | explode | toJSON }}', '{"a":"1","d":{"e":"2"}}'],
		['{{ range $k, $m := tree "p" | byKey }}{{ $k }}:{{ range $m }}{{ .Path }}{{ end }}{{ end }}', "d:p/d/e"],
		[
			'{{ keyOrDefault "k" "d" }} {{ keyExists "k" }} {{ keyExists "none" }} {{ keyOrDefault "none" "d" }}',
			"d true false d",
		],
	])("%s", async (text, wanted) => {
		expect(await render(text, data)).toEqual({ text: wanted, missing: [] });
	});

	it("give neutral values and note what is missing", async () => {
		const text = '[{{ key "a" }}{{ service "s" | len }}{{ keyOrDefault "b" "d" }}{{ (node).Node.Node }}{{ key "" }}]';
		const { text: rendered, missing } = await render(text);
		expect(rendered).toBe("[0d<no value>]");
		expect(missing).toEqual(["kv.block(a)", "health.service(s|passing)", "kv.get(b)", "catalog.node"]);
	});

	it("name records as the reference does", () => {
		expect(Object.entries(recordTypes).every(([name, type]) => type.text === name)).toBe(true);
	});
});
