import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { type InterfaceTls, openKeyWarnings } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "disco-tls-files-"));
afterAll(() => rmSync(folder, { recursive: true }));
const keyFile = join(folder, "key.pem");
writeFileSync(keyFile, "");

const of = (path: string): InterfaceTls => ({
	caFile: "",
	caFolder: "",
	certFile: "",
	keyFile: path,
	versionMin: "TLSv1.2",
	suites: [],
	verifyIncoming: false,
	verifyOutgoing: false,
});

it.each([
	[0o600, false],
	[0o640, false],
	[0o644, true],
	[0o602, true],
])("a key of mode %o: warned of is %s", (mode, isWarned) => {
	chmodSync(keyFile, mode);
	const warnings = openKeyWarnings([of(keyFile), of(keyFile), of("")]);
	expect(warnings).toHaveLength(isWarned ? 1 : 0);
	if (isWarned) expect(warnings[0]).toContain(`chmod 600 ${keyFile}`);
});

it("a key that is not there is another's error", () => {
	expect(openKeyWarnings([of(join(folder, "none.pem"))])).toEqual([]);
});
