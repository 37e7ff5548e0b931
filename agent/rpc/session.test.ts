import { describe, expect, it } from "vitest";
import type { SessionRequest } from "./endpoints.ts";
import { bytes, checkContent, read, registration, serviceContent, startServer, write } from "./testing.ts";

const wanted: SessionRequest = {
	name: "",
	node: "a",
	behavior: "",
	lockDelayMs: 0,
	ttl: "",
	nodeChecks: ["alive"],
	serviceChecks: [],
};

/** A session on node `a`, whose check `alive` passes, with service `web` and its check `web-ok`; it holds key `l`. */
async function withSession(fields: Partial<SessionRequest> = {}) {
	const parts = await startServer();
	const { catalog, kv, session } = parts.endpoints;
	await catalog.register(
		registration("a", {
			service: serviceContent("web"),
			checks: [checkContent("alive"), checkContent("web-ok", { serviceId: "web" })],
		}),
		write,
	);
	const id = await session.create({ ...wanted, ...fields }, write);
	const lock = (by: string) =>
		kv.write({ operation: "lock", key: "l", value: bytes("v"), flags: 0n, session: by }, write);
	await lock(id);
	const critical = (checkId: string, serviceId = "") =>
		catalog.register(registration("a", { checks: [checkContent(checkId, { serviceId, status: "critical" })] }), write);
	return { ...parts, id, lock, critical };
}

type Parts = Awaited<ReturnType<typeof withSession>>;

describe("a session ends", () => {
	it.each<[string, Partial<SessionRequest>, (parts: Parts) => Promise<unknown>]>([
		["with its node", {}, ({ endpoints }) => endpoints.catalog.deregister({ node: "A" }, write)],
		["when a check of its node turns critical", {}, ({ critical }) => critical("Alive")],
		[
			"when a check of its node is removed",
			{},
			({ endpoints }) => endpoints.catalog.deregister({ node: "a", checkId: "alive" }, write),
		],
		[
			"when a service's check turns critical",
			{ serviceChecks: ["web-ok"] },
			({ critical }) => critical("web-ok", "web"),
		],
		[
			"when a check of an old client's list turns critical",
			{ oldChecks: ["web-ok"] },
			({ critical }) => critical("web-ok", "web"),
		],
		[
			"when the service of its check is removed",
			{ serviceChecks: ["web-ok"] },
			({ endpoints }) => endpoints.catalog.deregister({ node: "a", serviceId: "web" }, write),
		],
		["by a transaction", {}, ({ endpoints, id }) => endpoints.txn.run([{ kind: "session", verb: "delete", id }], read)],
		["when it is destroyed", {}, ({ endpoints, id }) => endpoints.session.destroy(id, write)],
		["when its TTL is over twice", { ttl: "10s" }, ({ clock }) => clock.advanceAsync(20_001)],
	])("%s, and its lock is free after the lock-delay", async (_, fields, end) => {
		const parts = await withSession({ lockDelayMs: 2_000, ...fields });
		const { endpoints, id, clock, lock } = parts;
		const held = (await endpoints.kv.get("l", read)).value;
		await end(parts);
		expect((await endpoints.session.get(id, read)).value).toBeUndefined();
		const freed = (await endpoints.kv.get("l", read)).value;
		expect(freed).toMatchObject({ lockIndex: 1 });
		expect(freed?.session).toBeUndefined();
		expect(freed?.modifyIndex).toBeGreaterThan(held?.modifyIndex ?? 0);
		await endpoints.catalog.register(registration("b"), write);
		const other = await endpoints.session.create({ ...wanted, node: "b", nodeChecks: [] }, write);
		expect(await lock(other)).toBe(false);
		const asTxn = await endpoints.txn.run(
			[{ kind: "kv", verb: "lock", key: "l", value: bytes(""), flags: 0n, index: 0, session: other }],
			read,
		);
		expect(asTxn.errors).toEqual([{ operation: 0, what: `failed to lock key "l" due to lock delay` }]);
		await clock.advanceAsync(2_000);
		expect(await lock(other)).toBe(true);
	});

	it("and takes its keys along when that is its behaviour", async () => {
		const { endpoints, critical } = await withSession({ behavior: "delete" });
		await critical("alive");
		expect((await endpoints.kv.get("l", read)).value).toBeUndefined();
	});

	it("not with checks of the node or of other nodes that it is not bound to", async () => {
		const { endpoints, id, critical } = await withSession();
		await critical("web-ok", "web");
		await endpoints.catalog.register(
			registration("b", { checks: [checkContent("alive", { status: "critical" })] }),
			write,
		);
		expect((await endpoints.session.get(id, read)).value?.id).toBe(id);
	});
});

describe("a session", () => {
	it("is refused while a check that it would be bound to is critical or missing", async () => {
		const { endpoints, critical } = await withSession();
		await critical("alive");
		await expect(endpoints.session.create(wanted, write)).rejects.toThrow("Check 'alive' is in critical state");
		const unknown = { ...wanted, nodeChecks: [], serviceChecks: ["none"] };
		await expect(endpoints.session.create(unknown, write)).rejects.toThrow("Missing check 'none' registration");
	});

	it("of a restored snapshot lives for its TTL from then on; one that the snapshot lacks has no timer left", async () => {
		const { endpoints, clock, id } = await withSession({ ttl: "10s" });
		const { archive } = await saveWhile(endpoints.snapshot.save(read), clock);
		const later = await endpoints.session.create({ ...wanted, ttl: "10s" }, write);
		await clock.advanceAsync(15_000);
		const restored = endpoints.snapshot.restore([archive] as never, write);
		await pump(clock, restored);
		expect((await endpoints.session.get(later, read)).value).toBeUndefined();
		await clock.advanceAsync(19_900);
		expect((await endpoints.session.get(id, read)).value?.id).toBe(id);
		await clock.advanceAsync(200);
		expect((await endpoints.session.get(id, read)).value).toBeUndefined();
	});
});

/** Lets a promise come to its end that waits for turns of the clock in between. */
async function pump<Value>(
	clock: { advanceAsync(ms: number): Promise<void> },
	promise: Promise<Value>,
): Promise<Value> {
	let done = false;
	const finish = promise.finally(() => {
		done = true;
	});
	finish.catch(() => undefined);
	while (!done) await clock.advanceAsync(0);
	return finish;
}

async function saveWhile(
	saving: Promise<{ readonly archive: AsyncIterable<Uint8Array> }>,
	clock: { advanceAsync(ms: number): Promise<void> },
): Promise<{ readonly archive: Uint8Array }> {
	const pieces: Uint8Array[] = [];
	for await (const piece of (await pump(clock, saving)).archive) pieces.push(piece);
	return { archive: Buffer.concat(pieces) };
}
