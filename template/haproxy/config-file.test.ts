import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createConfigFiles } from "./config-file.ts";
import { sectionText } from "./section.ts";
import type { Server } from "./server.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "haproxy-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (mode: string, ...ports: readonly number[]) => {
	const servers = ports.map(
		(port): Server => ({ name: `s${port}`, address: "10.0.0.1", port, weight: 1, state: "ready" }),
	);
	return `defaults\n\tmode ${mode}\nbackend api\n${sectionText({ backend: "api", slots: 0, options: "", servers })}\n`;
};

describe("HAProxy's files", () => {
	it("need a reload when their structure differs from what was loaded, and not for servers", async () => {
		const path = join(folder, "haproxy.cfg");
		const files = createConfigFiles();
		const compare = (next: string) => files.compare(path, next, true);
		expect(await compare("no servers of ours")).toBe("foreign");
		expect(await compare(text("http", 1))).toBe("other");
		writeFileSync(path, text("http", 1));
		await files.loaded([path]);
		expect(await compare(text("http", 1, 2))).toBe("same");
		expect(await compare(text("tcp", 1, 2))).toBe("other");
		// The command failed: with the next servers it is tried again.
		expect(await compare(text("tcp", 2))).toBe("other");
		await files.loaded([path]);
		expect(await compare(text("tcp"))).toBe("same");
	});

	it("go by the file that is there at the start", async () => {
		const path = join(folder, "haproxy.cfg");
		writeFileSync(path, text("http", 1));
		expect(await createConfigFiles().compare(path, text("http", 2), true)).toBe("same");
		expect(await createConfigFiles().compare(path, text("tcp", 1), true)).toBe("other");
	});

	it("are loaded by the next program when one was killed between the swap and the end of the command", async () => {
		const path = join(folder, "haproxy.cfg");
		const mark = join(folder, ".haproxy.cfg.reload");
		writeFileSync(path, text("http", 1));
		await createConfigFiles().compare(path, text("tcp", 1), true);
		writeFileSync(path, text("tcp", 1));
		expect(existsSync(mark)).toBe(true);
		const next = createConfigFiles();
		expect(await next.compare(path, text("tcp", 1), true)).toBe("other");
		await next.loaded([path]);
		expect(existsSync(mark)).toBe(false);
		expect(await createConfigFiles().compare(path, text("tcp", 1), true)).toBe("same");
	});

	it("that were put back are what HAProxy has", async () => {
		const path = join(folder, "haproxy.cfg");
		writeFileSync(path, text("http", 1));
		const files = createConfigFiles();
		expect(await files.compare(path, text("tcp", 1), true)).toBe("other");
		await files.loaded([path], true);
		expect(await files.compare(path, text("http", 2), true)).toBe("same");
	});
});
