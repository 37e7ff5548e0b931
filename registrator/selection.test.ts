import { expect, test } from "vitest";
import { parseContainer } from "./container.ts";
import { isSelected, parsePattern } from "./selection.ts";
import { inspectAnswer } from "./testing/containers.ts";

const container = parseContainer(
	inspectAnswer({ name: "web-1", image: "registry:5000/team/api:1.2", labels: { tier: "front", internal: "" } }),
);

test.each([
	[[], [], true],
	[["image=*/team/*"], [], true],
	[["image=team/*"], [], false],
	[["image=team/*", "name=web-?"], [], true],
	[["name=web"], [], false],
	[["label=internal"], [], true],
	[["label=tier=fr*"], [], true],
	[["label=tier=back"], [], false],
	[["label=absent"], [], false],
	[[], ["name=web*"], false],
	[["label=tier"], ["image=*:1.?"], false],
	[[], ["image=.*"], true],
])("only %j, exclude %j: %s", (only, exclude, selected) => {
	const patterns = (option: string, texts: readonly string[]) => texts.map((text) => parsePattern(option, text));
	expect(isSelected(container, patterns("only", only), patterns("exclude", exclude))).toBe(selected);
});

test.each(["", "web", "name=", "id=x"])('"%s" is refused', (text) => {
	expect(() => parsePattern("only", text)).toThrow(`-only: "${text}" is no pattern; write `);
});
