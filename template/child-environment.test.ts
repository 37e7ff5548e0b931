import { describe, expect, it } from "vitest";
import { childEnvironment } from "./child-environment.ts";

const inherited = { PATH: "/bin", APP: "1", APX: "2", OTHER: "3" };
const nothing = { pristine: false, custom: [], allowlist: [], denylist: [] };

describe("environment of a child", () => {
	it.each([
		["everything, unless told otherwise", {}, { ...inherited, A: "x" }],
		["nothing when pristine, but the agent's address", { pristine: true }, { A: "x" }],
		["what the allow list has", { allowlist: ["AP?", "PATH"] }, { PATH: "/bin", APP: "1", APX: "2", A: "x" }],
		["not what the deny list has", { allowlist: ["*"], denylist: ["AP*", "[N-P]*"] }, { A: "x" }],
		["custom variables last", { pristine: true, custom: ["A=y", "B=a=b"] }, { A: "y", B: "a=b" }],
	])("has %s", (_, config, wanted) => {
		expect(childEnvironment(inherited, { A: "x" }, { ...nothing, ...config })).toEqual(wanted);
	});
});
