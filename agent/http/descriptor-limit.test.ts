import { expect, test } from "vitest";
import { descriptorWarning } from "./descriptor-limit.ts";

const limits = (soft: string) =>
	`Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 1048576              files\n`;

test.each([
	["1048576", undefined],
	["unlimited", undefined],
	["20000", undefined],
	["4096", "only 4096 file descriptors may be open"],
	["19999", "raise it to 65536 with ulimit -n"],
])("a limit of %s", (soft, expected) => {
	const warning = descriptorWarning(limits(soft), 20_000);
	if (expected === undefined) expect(warning).toBeUndefined();
	else expect(warning).toContain(expected);
});

test("says nothing where nobody knows", () => {
	expect(descriptorWarning("", 20_000)).toBeUndefined();
});
