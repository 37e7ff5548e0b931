import { describe, expect, it } from "vitest";
import { type FlagSpecs, flagsHelp, parseFlags } from "./flags.ts";

const specs = {
	template: { kind: "list", usage: "template to render" },
	once: { kind: "bool", usage: "render once and exit" },
	wait: { kind: "string", usage: "quiet time" },
	"log-level": { kind: "string", usage: "how much is logged", aliases: ["log"] },
	retries: { kind: "int", usage: "further attempts" },
	interval: { kind: "duration", usage: "time between attempts" },
} as const satisfies FlagSpecs;

describe("parseFlags", () => {
	it("takes one or two dashes, a blank or an equals sign, and stops at the first other word", () => {
		const { values, rest } = parseFlags(
			["-template", "a:b", "--template=c:d:e=f", "-wait=5s:10s", "-once", "run", "-x"],
			specs,
		);
		expect(values).toEqual({ template: ["a:b", "c:d:e=f"], wait: "5s:10s", once: true });
		expect(rest).toEqual(["run", "-x"]);
	});

	it("reads booleans with values, numbers, durations and old spellings", () => {
		const { values } = parseFlags(["-once=false", "-retries=-1", "-interval", "1m30s", "-log", "debug"], specs);
		expect(values).toEqual({ once: false, retries: -1, interval: 90_000, "log-level": "debug" });
	});

	it("does not take the word after a boolean as its value", () => {
		expect(parseFlags(["-once", "false"], specs)).toMatchObject({ values: { once: true }, rest: ["false"] });
	});

	it("ends at -- and at a lone dash", () => {
		expect(parseFlags(["-once", "--", "-once"], specs).rest).toEqual(["-once"]);
		expect(parseFlags(["-", "-once"], specs).rest).toEqual(["-", "-once"]);
	});

	it("keeps the order of what was given", () => {
		expect(parseFlags(["-wait", "1s", "-template", "a", "-wait", "2s"], specs).inOrder.map(({ text }) => text)).toEqual(
			["1s", "a", "2s"],
		);
	});

	it.each([["-h"], ["--help"]])("reports %s", (word) => {
		expect(parseFlags([word], specs).help).toBe(true);
	});

	it.each([
		[["-tempalte", "x"], "FLAG_UNKNOWN", "unknown option -tempalte (did you mean -template?)"],
		[["-zzzzzz"], "FLAG_UNKNOWN", "unknown option -zzzzzz"],
		[["-wait"], "FLAG_VALUE_MISSING", "option -wait needs a value"],
		[["-retries=x"], "FLAG_VALUE_INVALID", 'option -retries: "x" is not a whole number'],
		[["-interval=10"], "FLAG_VALUE_INVALID", 'option -interval: "10" is not a duration such as 10s or 1m30s'],
		[["-once=maybe"], "FLAG_VALUE_INVALID", 'option -once: "maybe" is not true or false'],
	])("refuses %j", (args, code, message) => {
		expect(() => parseFlags(args, specs)).toThrow(expect.objectContaining({ code, message }));
	});
});

it("flagsHelp lists the options in two columns", () => {
	expect(flagsHelp({ once: specs.once, wait: specs.wait })).toBe(
		["  -once           render once and exit", "  -wait <string>  quiet time"].join("\n"),
	);
});
