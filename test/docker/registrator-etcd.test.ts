import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Backend } from "../../registrator/backends/backend.ts";
import { openBackend } from "../../registrator/backends/open.ts";
import { type Background, background, eventually, outcome } from "../support/programs.ts";
import { plainService as service } from "./registrator-world.ts";

// The backends on etcd against the real server, with its v2 API and without. They need no engine, only what the lane installs.

const available = (await outcome("sh", ["-c", "command -v etcd"])).exitCode === 0;

describe.each([
	{ api: "v3 alone", host: "127.44.0.11", enableV2: false, schemes: ["etcd", "etcd3"] },
	{ api: "v2 and v3", host: "127.44.0.12", enableV2: true, schemes: ["etcd", "etcd2", "etcd3"] },
])("etcd with $api", ({ host, enableV2, schemes }) => {
	const skipped = it.skipIf(!available);
	let folder: string;
	let server: Background;
	const opened: Backend[] = [];
	const open = async (scheme: string, ttlSeconds = 0) => {
		const backend = openBackend(`${scheme}://${host}:2379/services`, {}, { ttlSeconds, compat: false });
		opened.push(backend);
		await backend.ping();
		return backend;
	};

	beforeAll(async () => {
		if (!available) return;
		folder = await mkdtemp(join(tmpdir(), "disco-etcd-"));
		const [client, peer] = [`http://${host}:2379`, `http://${host}:2380`];
		server = background("etcd", [
			...(enableV2 ? ["--enable-v2"] : []),
			...["--data-dir", folder, "--log-level", "error", "--initial-cluster", `default=${peer}`],
			...["--listen-client-urls", client, "--advertise-client-urls", client],
			...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
		]);
		await eventually("etcd answers", () => open("etcd3"));
	});
	afterAll(async () => {
		for (const backend of opened) backend.close();
		await server?.stop();
		if (folder !== undefined) await rm(folder, { recursive: true });
	});

	skipped.each(schemes)("%s:// writes, lists and removes", async (scheme) => {
		const backend = await open(scheme);
		const entry = backend.entryOf(service);
		expect(entry).toMatchObject({ key: "/services/api/host:web:80", fingerprint: "[2001:db8::1]:80" });
		await backend.register(service);
		expect(await backend.list()).toEqual([entry]);
		await backend.register({ ...service, port: 81 });
		expect((await backend.list())[0]?.fingerprint).toBe("[2001:db8::1]:81");
		await backend.deregister(entry);
		await backend.deregister(entry);
		expect(await backend.list()).toEqual([]);
	});

	skipped.each(schemes)("%s:// forgets what is not refreshed", async (scheme) => {
		const backend = await open(scheme, 2);
		await backend.register(service);
		await backend.register({ ...service, id: "host:web:81" });
		const refreshed = setInterval(() => void backend.register(service).catch(() => {}), 500);
		try {
			await eventually("only the refreshed one is left", async () => (await backend.list()).length === 1);
			expect((await backend.list())[0]?.id).toBe("host:web:80");
		} finally {
			clearInterval(refreshed);
		}
		await eventually("nothing is left", async () => (await backend.list()).length === 0);
	});

	skipped("skydns2:// writes what SkyDNS and CoreDNS read", async () => {
		const skyDns = openBackend(`skydns2://${host}:2379/cluster.local`, {}, { ttlSeconds: 2, compat: false });
		opened.push(skyDns);
		await skyDns.ping();
		await skyDns.register({ ...service, id: "web-1" });
		expect(await skyDns.list()).toEqual([
			{
				key: "/skydns/local/cluster/api/web-1",
				id: "web-1",
				name: "api",
				fingerprint: JSON.stringify({ host: service.address, port: 80 }),
			},
		]);
		await eventually("it expires", async () => (await skyDns.list()).length === 0);
		await skyDns.register(service);
		await skyDns.deregister(skyDns.entryOf(service));
		expect(await skyDns.list()).toEqual([]);
	});

	skipped("etcd:// writes where the server's readers read", async () => {
		await (await open("etcd")).register(service);
		const other = await open(enableV2 ? "etcd2" : "etcd3");
		expect((await other.list()).map(({ id }) => id)).toEqual(["host:web:80"]);
		await other.deregister(other.entryOf(service));
	});

	skipped("etcd2:// says whether the server has what it needs", async () => {
		const opening = open("etcd2");
		if (enableV2) await opening;
		else await expect(opening).rejects.toMatchObject({ code: "ETCD_V2_ABSENT" });
	});
});
