import { beforeAll, expect, it } from "vitest";
import { fakeRandom } from "../../lib/env/fake.ts";
import { countMatches, loadRegex, regexMatches } from "./regex.ts";

beforeAll(loadRegex);

it.each([
	"^server",
	"a$",
	"^$",
	"",
	"b*",
	"\\bab\\b",
	"(?i)^A.*B$",
	"(?:a|b)+",
	"a\\s",
	"[^a]",
	"(?s)a.b",
	"(?-m)^a",
	"\\Aa",
	"a\\z",
	"x\\n",
	"[[:space:]]a",
])("counts %j in parts of a long text as in the whole", async (expression) => {
	const random = fakeRandom(7);
	const pick = <Item>(...items: readonly Item[]) => items[Math.floor(random.next() * items.length)] as Item;
	for (const ending of ["", "\n", "\n\n"]) {
		const lines = Array.from({ length: 16_000 }, () =>
			pick("", "a", "ab b", "server a", " b", "xx ab x", "aaaaaaaaab"),
		);
		const text = lines.join("\n") + ending;
		expect(text.length).toBeGreaterThan(65_536);
		const whole = regexMatches(`(?m)${expression}`, text).length;
		expect(await countMatches(expression, text, Number.POSITIVE_INFINITY, () => Promise.resolve())).toBe(whole);
		expect(await countMatches(expression, text, 5, () => Promise.resolve())).toBe(Math.min(5, whole));
	}
});
