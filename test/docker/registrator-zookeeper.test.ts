import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../registrator/backends/backend.ts";
import { openBackend } from "../../registrator/backends/open.ts";
import { type Background, background, eventually, outcome, succeed } from "../support/programs.ts";
import { plainService } from "./registrator-world.ts";

// The backend on the real ZooKeeper. It needs no engine, only what the lane installs.

const available = (await outcome("sh", ["-c", "test -e /usr/share/java/zookeeper.jar"])).exitCode === 0;
const host = "127.44.0.13";
const skipped = it.skipIf(!available && process.env["CI"] === undefined);

describe("zookeeper://", () => {
	let folder: string;
	let server: Background;
	const opened: Backend[] = [];
	const open = async (path: string, compat = false) => {
		const backend = openBackend(`zookeeper://${host}:2181${path}`, {}, { ttlSeconds: 0, compat });
		opened.push(backend);
		await backend.ping();
		return backend;
	};
	const serve = async () => {
		const env = { SESSION_MS_MAX: "4000" };
		server = background("bash", ["scripts/zookeeper.sh", folder, host], { env });
		await eventually("ZooKeeper serves", async () => {
			await succeed("bash", ["scripts/zookeeper.sh", "ask", host]);
			return true;
		});
	};

	beforeAll(async () => {
		if (!available) return;
		folder = await mkdtemp(join(tmpdir(), "disco-zookeeper-"));
		await serve();
	});
	afterAll(async () => {
		for (const backend of opened) backend.close();
		await server?.stop();
		if (folder !== undefined) await rm(folder, { recursive: true });
	});

	skipped("writes, lists, changes and removes; a name goes with its last service", async () => {
		const backend = await open("/pre/fix");
		const service = { ...plainService, tags: ["a"], meta: { region: "eu" } };
		const entry = backend.entryOf(service);
		expect(entry.key).toBe("/pre/fix/api/[2001:db8::1]:80");
		expect(JSON.parse(entry.fingerprint)).toEqual({
			Name: "api",
			IP: "2001:db8::1",
			PublicPort: 80,
			PrivatePort: 80,
			ContainerID: "inner",
			Tags: ["a"],
			Attrs: { region: "eu" },
		});
		const second = { ...service, port: 81 };
		await Promise.all([backend.register(service), backend.register(second)]);
		const listed = async () => (await backend.list()).map(({ key, fingerprint }) => ({ key, fingerprint })).sort(byKey);
		const shown = ({ key, fingerprint }: typeof entry) => ({ key, fingerprint });
		expect(await listed()).toEqual([shown(entry), shown(backend.entryOf(second))]);
		const changed = { ...service, tags: ["b"] };
		await backend.register(changed);
		expect(await listed()).toEqual([shown(backend.entryOf(changed)), shown(backend.entryOf(second))]);
		await backend.deregister(entry);
		await backend.deregister(entry);
		expect(await listed()).toEqual([shown(backend.entryOf(second))]);
		await backend.deregister(backend.entryOf(second));
		expect(await backend.list()).toEqual([]);
	});

	skipped("registering and removing services of one name at once loses none", async () => {
		const backend = await open("/churn");
		const services = Array.from({ length: 8 }, (_, index) => ({ ...plainService, port: 8000 + index }));
		for (let turn = 0; turn < 20; turn++) {
			const [first, ...rest] = turn % 2 === 0 ? services : [...services].reverse();
			if (first === undefined) return;
			await backend.register(first);
			await Promise.all([backend.deregister(backend.entryOf(first)), ...rest.map((each) => backend.register(each))]);
			expect((await backend.list()).length).toBe(rest.length);
			await Promise.all(rest.map((each) => backend.deregister(backend.entryOf(each))));
			expect(await backend.list()).toEqual([]);
		}
	});

	skipped("a registrator that starts anew takes over; what nobody holds any more goes", async () => {
		const before = await open("/session");
		await before.register(plainService);
		await before.register({ ...plainService, port: 81 });
		const after = await open("/session");
		await after.register(plainService);
		before.close();
		const left = await eventually("the session of before ends", async () => {
			const entries = await after.list();
			return entries.length === 1 && entries;
		});
		expect(left[0]?.key).toBe(after.entryOf(plainService).key);
	});

	skipped("the server is away: retryable, and afterwards the session goes on", async () => {
		const backend = await open("/away");
		await backend.register(plainService);
		await server.stop("SIGKILL");
		await expect(backend.register({ ...plainService, port: 81 })).rejects.toMatchObject({
			code: "ZOOKEEPER_UNREACHABLE",
			retryable: true,
		});
		await serve();
		await eventually("it is reached again", async () => {
			await backend.ping();
			return true;
		});
		expect((await backend.list()).map(({ key }) => key)).toEqual([backend.entryOf(plainService).key]);
	});

	skipped("with -compat only the last element of the path is made", async () => {
		const deep = await open("/no/such", true);
		await expect(deep.register(plainService)).rejects.toMatchObject({ code: "ZOOKEEPER_REFUSED" });
		const flat = await open("/flat", true);
		await flat.register(plainService);
		expect(await flat.list()).toHaveLength(1);
	});
});

function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
	return a.key < b.key ? -1 : 1;
}
