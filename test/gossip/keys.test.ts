import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/programs.ts";
import { hasSerf, keyringFile, startOwn, startSerf } from "./pool.ts";

const newKey = () => randomBytes(32).toString("base64");
const bytes = (key: string) => new Uint8Array(Buffer.from(key, "base64"));

describe.skipIf(!hasSerf)("an encrypted pool with real serf agents", () => {
	it("lets in who has the key, and nobody else; keys are changed from each side", async () => {
		const [first, second, third] = [newKey(), newKey(), newKey()];
		const s1 = await startSerf("s1", "127.57.12.1", { args: [`-keyring-file=${keyringFile(first)}`] });
		const s2 = await startSerf("s2", "127.57.12.2", { join: s1.host, args: [`-keyring-file=${keyringFile(first)}`] });
		const own = await startOwn("disco", "127.57.12.9", { join: s1.host, key: first });
		const stranger = await startOwn("stranger", "127.57.12.10", { key: second });
		const plain = await startOwn("plain", "127.57.12.11");
		try {
			for (const agent of [s1, s2])
				await eventually(`${agent.name} sees us`, async () => (await agent.statusOf("disco")) === "alive");
			const target = [{ host: s1.host, port: 7946 }];
			for (const { serf } of [stranger, plain])
				await expect(serf.join(target, { ignoreOld: false })).rejects.toMatchObject({ code: "JOIN_FAILED" });
			// Nor do they get in by ours.
			const ours = [{ host: "127.57.12.9", port: 7946 }];
			for (const { serf } of [stranger, plain])
				await expect(serf.join(ours, { ignoreOld: false })).rejects.toMatchObject({ code: "JOIN_FAILED" });
			expect(await s1.command("members")).not.toMatch(/stranger|plain/);
			expect([own.statusOf("stranger"), own.statusOf("plain")]).toEqual([undefined, undefined]);

			// From serf's side.
			await s1.command("keys", `-install=${second}`);
			await s1.command("keys", `-use=${second}`);
			await s1.command("keys", `-remove=${first}`);
			const listed = await own.serf.keys("list-keys", undefined);
			expect(listed).toMatchObject({ memberCount: 3, responseCount: 3, errorCount: 0 });
			expect(listed.keys).toEqual(new Map([[second, 3]]));
			expect(listed.primaryKeys).toEqual(new Map([[second, 3]]));

			// From ours.
			for (const [operation, key] of [
				["install-key", third],
				["use-key", third],
				["remove-key", second],
			] as const) {
				const report = await own.serf.keys(operation, bytes(key));
				expect(report).toMatchObject({ memberCount: 3, responseCount: 3, errorCount: 0 });
			}
			expect(await s2.command("keys", "-list")).toContain(third);
			expect(await s2.command("keys", "-list")).not.toContain(second);
			const refused = await own.serf.keys("remove-key", bytes(third));
			expect(refused.errorCount).toBe(3);
			own.serf.fire("after", new Uint8Array());
			await eventually("it still hears us", () => s2.monitor().includes('Name: "after"'));
		} finally {
			for (const { serf } of [own, stranger, plain]) await serf.close();
			await s1.stop();
			await s2.stop();
		}
	});
});
