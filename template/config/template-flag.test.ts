import { describe, expect, it } from "vitest";
import { parseTemplateFlag } from "./template-flag.ts";

describe("-template SRC:DST:CMD", () => {
	it.each([
		["a.ctmpl", { source: "a.ctmpl" }],
		["a.ctmpl:out", { source: "a.ctmpl", destination: "out" }],
		["/x/a:/y/b:echo a:b:c", { source: "/x/a", destination: "/y/b", command: { text: "echo a:b:c" } }],
		["t:out", { source: "t:out" }],
		["C:\\in:D:\\out:run", { source: "C:\\in", destination: "D:\\out", command: { text: "run" } }],
		["in.ctmpl::cmd", { source: "in.ctmpl", command: { text: "cmd" } }],
	])("%s", (text, wanted) => {
		expect(parseTemplateFlag(text)).toEqual(wanted);
	});

	it("refuses an empty text", () => {
		expect(() => parseTemplateFlag(" ")).toThrow("SOURCE:DESTINATION");
	});
});
