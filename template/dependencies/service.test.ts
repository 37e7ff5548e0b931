import { describe, expect, it } from "vitest";
import { worstStatus } from "./service.ts";

describe("state of an instance", () => {
	it.each([
		[[], "passing"],
		[["a passing"], "passing"],
		[["a passing", "b warning"], "warning"],
		[["a warning", "b critical", "c passing"], "critical"],
		[["a passing", "_service_maintenance:api critical"], "maintenance"],
		[["_node_maintenance critical", "b critical"], "maintenance"],
	] as const)("%j is %s", (checks, wanted) => {
		const parsed = checks.map((text) => {
			const [CheckID = "", status] = text.split(" ");
			return { CheckID, Status: status as "passing" | "warning" | "critical" };
		});
		expect(worstStatus(parsed)).toBe(wanted);
	});
});
