import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

/** What as3-check.mjs says of declarations that each differ from the good one in one place. */
const good = readFileSync("examples/f5/expected.json.txt", "utf8");
const folder = mkdtempSync(join(tmpdir(), "disco-as3-"));
afterAll(() => rmSync(folder, { recursive: true }));

function check(...files: readonly string[]): Promise<{ readonly status: number; readonly faults: string }> {
	return new Promise((resolve) => {
		execFile(process.execPath, ["examples/f5/as3-check.mjs", ...files], (error, _stdout, faults) =>
			resolve({ status: Number(error?.code ?? 0), faults }),
		);
	});
}
function written(name: string, text: string): string {
	const file = join(folder, name);
	writeFileSync(file, text);
	return file;
}

const member = "/disco/api/pool/members/0";
const wrong: readonly (readonly [was: string, is: string, fault: string])[] = [
	['"class": "ADC"', '"class": "AS4"', '/class: "AS4" is not "ADC"'],
	['"schemaVersion": "3.20.0",', "", "/schemaVersion: is missing"],
	['"schemaVersion": "3.20.0"', '"schemaVersion": "4.0.0"', '/schemaVersion: "4.0.0" is not a version of AS3'],
	['"id": "disco"', '"id": "di sco"', '/id: "di sco" is not an id without blanks'],
	['"disco": {', '"1disco": {', "/1disco: is not expected"],
	['"service": {', '"service-": {', "/disco/api/service-: is not expected"],
	['["192.0.2.10"]', '["192.0.2"]', '/disco/api/service/virtualAddresses/0: "192.0.2" is not an IP address'],
	['["192.0.2.10"]', "[]", "/disco/api/service/virtualAddresses: needs at least 1"],
	[
		'"virtualPort": 80',
		'"virtualPort": 65536',
		"/disco/api/service/virtualPort: 65536 is not an integer from 0 to 65535",
	],
	['"Service_TCP"', '"Service_TPC"', '/disco/api/service/class: "Service_TPC" is not one of'],
	['"pool": "pool"', '"pool": "pol"', '/disco/api/service/pool: there is no pool "pol"'],
	['"ratio-member"', '"ratio"', '/disco/api/pool/loadBalancingMode: "ratio" is not one of'],
	['"monitors": ["tcp"]', '"monitors": "tcp"', '/disco/api/pool/monitors: "tcp" is not a list'],
	['"servicePort": 8001', '"servicePort": "8001"', `${member}/servicePort: "8001" is not an integer`],
	['"servicePort": 8001,', "", `${member}/servicePort: is missing`],
	['["10.0.0.1"]', '["ten"]', `${member}/serverAddresses/0: "ten" is not an IP address`],
	['"ratio": 1', '"ratio": 101', `${member}/ratio: 101 is not an integer from 0 to 100`],
	['"enable"', '"drain"', `${member}/adminState: "drain" is not one of enable, disable, offline`],
	['"shareNodes": true', '"shareNodes": "yes"', `${member}/shareNodes: "yes" is not true or false`],
	['"remark": "api-1"', `"remark": "${"x".repeat(65)}"`, "is not a remark: at most 64 characters"],
	['"members": [', '"member": [', "/disco/api/pool/member: is not expected"],
	['"disable"', '"disable",', "not JSON"],
];

test("the rendered declaration is right, each wrong one is told with its place", async () => {
	expect(await check("examples/f5/expected.json.txt")).toEqual({ status: 0, faults: "" });
	const files = wrong.map(([was, is], number) => written(`${number}.json`, good.replace(was, is)));
	const { status, faults } = await check(...files);
	expect(status).toBe(1);
	for (const [number, file] of files.entries()) {
		const own = faults.split("\n").filter((line) => line.startsWith(`as3-check: ${file}: `));
		expect(own.join("\n"), wrong[number]?.join(" ")).toContain(wrong[number]?.[2]);
	}
});

test("a file that is not there, and no file", async () => {
	expect(await check(join(folder, "none"))).toMatchObject({ status: 2 });
	expect(await check()).toMatchObject({ status: 2 });
});
