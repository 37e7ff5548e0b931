import { expect, it } from "vitest";
import { metricFilter } from "./gauges.ts";

// What the reference showed with these rules.
it.each([
	[["-consul.runtime", "+consul.runtime.num"], true, ["consul.runtime.num_goroutines", "consul.version"]],
	[["+consul.runtime"], false, ["consul.runtime.num_goroutines", "consul.runtime.sys_bytes"]],
	[[], true, ["consul.runtime.num_goroutines", "consul.runtime.sys_bytes", "consul.version"]],
])("%j with the default %s shows %j", (texts, isShownDefault, shown) => {
	const rules = texts.map((text) => ({ prefix: text.slice(1), isShown: text.startsWith("+") }));
	const names = ["consul.runtime.num_goroutines", "consul.runtime.sys_bytes", "consul.version"];
	expect(names.filter(metricFilter({ rules, isShownDefault }))).toEqual(shown);
});
