import type { Client } from "../../client/index.ts";

/** The addresses are in the servers' list of servers, which is part of what is stored. */
export const formerPrefix = "127.77.6";
export const formerArchive = "test/cluster/former-data.tar.gz";
export const formerAnswers = "test/cluster/former-data.json";

/** Writes one of everything that servers keep; enough for a snapshot and entries behind it. */
export async function fillCluster(client: Client): Promise<void> {
	for (const name of ["db-1", "db-2"])
		await client.catalog.register({
			Node: name,
			Address: `10.9.0.${name.at(-1)}`,
			NodeMeta: { external: "yes" },
			Service: { ID: "db", Service: "db", Port: 5432, Tags: ["primary", "v1"], Meta: { version: "15" } },
			Checks: [
				{ CheckID: "service:db", Name: "db", Status: name === "db-1" ? "passing" : "critical", ServiceID: "db" },
			],
		});
	const keeper = await client.session.create({ Node: "db-1", Name: "keeper", LockDelay: "1s", NodeChecks: [] });
	const leaver = await client.session.create({ Node: "db-2", Behavior: "delete", NodeChecks: [] });
	await client.kv.put("locks/kept", "of keeper", { acquire: keeper });
	await client.kv.put("locks/gone", "of leaver", { acquire: leaver });
	await client.session.destroy(leaver);
	await client.preparedQuery.create({
		Name: "near-db",
		Service: { Service: "db", OnlyPassing: true, Tags: ["primary"] },
		DNS: { TTL: "7s" },
	});
	await client.kv.put("flags", "with flags", { flags: 4_294_967_297 });
	await client.kv.put("bytes", Uint8Array.of(0, 255, 10, 13, 128));
	await client.kv.put("empty", "");
	for (let at = 0; at < 60; at++) await client.kv.put(`many/${at % 20}`, `written ${at} times in all`);
	await client.kv.delete("many/1", { recurse: true });
	await client.txn.kv([
		{ verb: "set", key: "txn/a", value: "a" },
		{ verb: "set", key: "txn/b", value: "b" },
	]);
}

const questions = [
	"/v1/kv/?recurse&stale",
	"/v1/health/service/db?stale",
	"/v1/catalog/node/db-1?stale",
	"/v1/catalog/node/db-2?stale",
	"/v1/session/list?stale",
	"/v1/query?stale",
];

/** What a server answers out of its own state, indexes included, by question. */
export async function answersOf(client: Client): Promise<Readonly<Record<string, unknown>>> {
	const answers: Record<string, unknown> = {};
	for (const question of questions) {
		const [path = "", query = ""] = question.split("?");
		const { body } = await client.call({ path, query: Object.fromEntries(new URLSearchParams(query)) });
		answers[question] = JSON.parse(body.toString("utf8"));
	}
	return answers;
}
