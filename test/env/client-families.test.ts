import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, createClient, isHttpStatus, kvText } from "../../client/index.ts";
import { startAgent } from "../agent/support.ts";
import { consulProgram, type DevAgent, startDevAgent } from "../support/dev-agents.ts";
import { eventually } from "../support/programs.ts";

const consul = consulProgram();
if (consul === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");

const folder = mkdtempSync(join(tmpdir(), "disco-client-families-"));
const management = "11111111-2222-3333-4444-555555555555";
const gossipKey = Buffer.alloc(32, 1).toString("base64");
const nextKey = Buffer.alloc(32, 2).toString("base64");
const permissions = join(folder, "acl.hcl");
writeFileSync(
	permissions,
	`acl { enabled = true default_policy = "deny" tokens { initial_management = "${management}" agent = "${management}" } }
	encrypt = "${gossipKey}"`,
);
const encryption = join(folder, "encrypt.hcl");
writeFileSync(encryption, `encrypt = "${gossipKey}"`);
afterAll(() => rmSync(folder, { recursive: true }));

interface Subject {
	readonly client: Client;
	stop(): Promise<void>;
}

function ended(client: Client, agent: DevAgent): Promise<void> {
	client.close();
	return agent.stop();
}

const subjects: readonly [string, boolean, () => Promise<Subject>][] = [
	[
		"disco",
		true,
		async () => {
			const agent = await startAgent("127.75.1.1", { args: [`-config-file=${encryption}`] });
			return { client: agent.client, stop: () => agent.kill("SIGINT") };
		},
	],
	[
		"consul",
		consul !== undefined,
		async () => {
			const agent = await startDevAgent([consul as string], "127.75.1.2", ["-config-file", permissions]);
			const client = createClient({ address: agent.address, token: management });
			return { client, stop: () => ended(client, agent) };
		},
	],
];

/** The same calls against both: what the types promise is what both answer. */
describe.each(subjects)("the typed client in front of %s", (name, available, start) => {
	let subject: Subject;
	let client: Client;
	let node = "";
	beforeAll(async () => {
		if (!available) return;
		subject = await start();
		client = subject.client;
		node = (await client.agent.self()).Config.NodeName;
	});
	afterAll(() => subject?.stop());

	test.skipIf(!available)("agent: health of services, host, metrics, log", async () => {
		const { agent } = client;
		const check = { CheckID: "alive", TTL: "1h", Status: "warning" as const };
		await agent.registerService({ ID: "web-1", Name: "web", Port: 80, Check: check });
		expect(await agent.serviceHealth("web")).toMatchObject([
			{ AggregatedStatus: "warning", Service: { ID: "web-1" }, Checks: [{ CheckID: "alive" }] },
		]);
		await agent.failCheck("alive");
		expect(await agent.instanceHealth("web-1")).toMatchObject({ AggregatedStatus: "critical" });
		expect(await agent.instanceHealth("web-2")).toBeUndefined();
		expect(await agent.serviceHealth("none")).toEqual([]);
		await agent.deregisterService("web-1");
		expect(await agent.host()).toHaveProperty("Memory");
		const metrics = await agent.metrics();
		expect(metrics.Gauges.every(({ Name, Value }) => Name !== "" && Number.isFinite(Value))).toBe(true);
		expect(metrics.Samples[0]).toMatchObject({ Count: expect.any(Number), Stddev: expect.any(Number) });
		const ending = new AbortController();
		const log = agent.monitor({ level: "debug", signal: ending.signal });
		const line = log.next();
		// What is written after the stream was opened; requests are, on the debug level.
		const asking = setInterval(() => void agent.self().catch(() => {}), 100);
		expect((await line).value).toMatch(/^\d{4}-.* \[(DEBUG|INFO|WARN)\]/);
		clearInterval(asking);
		await log.return();
	});

	test.skipIf(!available)("catalog, coordinates, queries", async () => {
		const { catalog, coordinate, preparedQuery } = client;
		const { value } = await catalog.nodeServices(node, { filter: 'Service == "consul"' });
		expect(value).toMatchObject({ Node: { Node: node }, Services: [{ Service: "consul" }] });
		const coord = { Vec: [1, 2, 3, 4, 5, 6, 7, 8], Error: 0.1, Adjustment: 0, Height: 0.1 };
		await coordinate.update({ Node: node, Coord: coord });
		await eventually("the place", async () => {
			const [found] = (await coordinate.node(node).catch(() => undefined))?.value ?? [];
			return found?.Coord.Vec[7] === 8;
		});
		const id = await preparedQuery.create({
			Name: "by-prefix-",
			Template: { Type: "name_prefix_match" },
			// biome-ignore lint/suspicious/noTemplateCurlyInString: Consul's syntax.
			Service: { Service: "${name.suffix}" },
		});
		expect((await preparedQuery.explain("by-prefix-consul")).value.Query.Service.Service).toBe("consul");
		await preparedQuery.update(id, { Name: "plain", Service: { Service: "consul" } });
		expect((await preparedQuery.execute("plain")).value.Nodes).toHaveLength(1);
		expect((await preparedQuery.list()).value).toHaveLength(1);
		await preparedQuery.delete(id);
	});

	test.skipIf(!available)("transactions on keys, nodes, services and checks", async () => {
		const { txn, health } = client;
		const made = await txn.apply([
			{ kv: { verb: "set", key: "t", value: "v", flags: 2n ** 63n } },
			{ node: { verb: "set", node: { Node: "other", Address: "10.0.0.9" } } },
			{ service: { verb: "set", node: "other", service: { ID: "db-1", Service: "db", Port: 5432 } } },
			{
				check: { verb: "set", check: { Node: "other", CheckID: "c", Name: "c", Status: "warning", ServiceID: "db-1" } },
			},
		]);
		expect(made).toMatchObject({
			committed: true,
			records: [
				{ KV: { Key: "t", Flags: 2n ** 63n } },
				{ Node: { Node: "other" } },
				{ Service: { ID: "db-1", Port: 5432 } },
				{ Check: { Status: "warning" } },
			],
		});
		expect((await health.service("db")).value).toMatchObject([{ Service: { ID: "db-1" }, Checks: [{ CheckID: "c" }] }]);
		const refused = await txn.apply([
			{ node: { verb: "delete", node: { Node: "other" } } },
			{ node: { verb: "cas", node: { Node: "other", Address: "10.0.0.8", ModifyIndex: 1 } } },
		]);
		expect(refused).toMatchObject({ committed: false, errors: [{ OpIndex: 1 }] });
		expect((await txn.apply([{ node: { verb: "delete", node: { Node: "other" } } }])).committed).toBe(true);
		expect((await health.service("db")).value).toEqual([]);
	});

	test.skipIf(!available)("operator: servers, autopilot, gossip keys", async () => {
		const { operator } = client;
		const { Servers } = await operator.raftConfiguration();
		expect(Servers).toMatchObject([{ Node: node, Leader: true, Voter: true }]);
		const configuration = await operator.autopilotConfiguration();
		expect(configuration).toMatchObject({ CleanupDeadServers: true, MaxTrailingLogs: 250 });
		const next = { ...configuration, MaxTrailingLogs: 300 };
		expect(await operator.setAutopilotConfiguration(next, { cas: configuration.ModifyIndex + 7 })).toBe(false);
		expect(await operator.setAutopilotConfiguration(next, { cas: configuration.ModifyIndex })).toBe(true);
		expect((await operator.autopilotConfiguration({ stale: true })).MaxTrailingLogs).toBe(300);
		// Autopilot looks at its servers every few seconds.
		await eventually("autopilot's word", async () => (await operator.autopilotHealth()).Servers[0]?.Leader === true);
		const state = await operator.autopilotState();
		expect(state.Servers[state.Leader]).toMatchObject({ Name: node, Status: "leader" });
		await expect(operator.removeRaftPeer({ id: "00000000-0000-0000-0000-000000000000" })).rejects.toMatchObject({
			code: "HTTP_STATUS",
		});
		await operator.installKey(nextKey);
		await operator.useKey(nextKey);
		await operator.removeKey(gossipKey);
		const lan = (await operator.keyrings()).find(({ WAN }) => !WAN);
		expect(lan).toMatchObject({ Keys: { [nextKey]: 1 }, PrimaryKeys: { [nextKey]: 1 }, NumNodes: 1 });
	});

	test.skipIf(!available)("changes: checks of a state, events", async () => {
		const ending = new AbortController();
		const states = client.changes.state("critical", { signal: ending.signal });
		expect((await states.next()).value).toMatchObject({ value: [] });
		const next = states.next();
		await client.agent.registerCheck({ ID: "ill", Name: "ill", TTL: "1h", Status: "critical" });
		expect((await next).value).toMatchObject({ value: [{ CheckID: "ill" }] });
		await client.agent.deregisterCheck("ill");
		await states.return();
		const events = client.changes.events({ name: "deploy", signal: ending.signal });
		await client.event.fire("deploy", { payload: "1" });
		const seen: number[] = [];
		for await (const { value } of events) {
			seen.push(value.length);
			if (value.length === 1) await client.event.fire("deploy", { payload: "2" });
			if (value.length === 2) break;
		}
		expect(seen.at(-1)).toBe(2);
		ending.abort();
	});

	test.skipIf(!available)("a lock that nobody wants any more is given up at once", async () => {
		await using held = await client.lock("jobs/a");
		const ending = new AbortController();
		const waiting = client.lock("jobs/a", { signal: ending.signal }).catch((error: unknown) => error);
		// Its contender is at the key when its session is there.
		await eventually("the second session", async () => (await client.session.list()).value.length === 2);
		ending.abort();
		expect(await waiting).toMatchObject({ code: "REQUEST_ABORTED" });
		expect((await client.session.list()).value).toHaveLength(1);
		await expect(client.lock("jobs/b", { signal: AbortSignal.abort() })).rejects.toMatchObject({
			code: "REQUEST_ABORTED",
		});
		expect(held.lost.aborted).toBe(false);
	});

	test.skipIf(!available || name === "disco")("disco's own calls: Consul has none of them", async () => {
		await expect(client.kv.history("a")).rejects.toSatisfy((error) => isHttpStatus(error, 404));
		await expect(client.agent.drain("a")).rejects.toMatchObject({ code: "HTTP_STATUS" });
	});

	test.skipIf(!available || name === "consul")("disco's own calls: history of a key, drain", async () => {
		const { agent, health, kv } = client;
		expect((await kv.history("service/a")).value).toEqual([]);
		await agent.registerService({ ID: "d", Name: "d" });
		await agent.drain("d", { forMs: 60_000 });
		expect((await health.checks("d")).value).toMatchObject([
			{ Status: "critical", Notes: expect.stringMatching(/^draining until /) },
		]);
		await agent.deregisterService("d");
	});
});

describe.skipIf(consul === undefined)("permissions, of the real Consul", () => {
	let subject: Subject;
	let client: Client;
	beforeAll(async () => {
		const agent = await startDevAgent([consul as string], "127.75.1.3", ["-config-file", permissions]);
		client = createClient({ address: agent.address, token: management });
		subject = { client, stop: () => ended(client, agent) };
	});
	afterAll(() => subject?.stop());

	test("policies, roles and tokens; what a token may", async () => {
		const { acl, kv } = client;
		const rules = 'key_prefix "app/" { policy = "read" }';
		const policy = await acl.createPolicy({ Name: "app-read", Rules: rules });
		expect((await acl.policy(policy.ID)).value).toMatchObject({ Name: "app-read", Rules: rules });
		expect((await acl.updatePolicy(policy.ID, { Name: "app-read", Rules: rules, Description: "d" })).Description).toBe(
			"d",
		);
		expect((await acl.policyByName("app-read")).value.Description).toBe("d");
		expect((await acl.policies()).value.map(({ Name }) => Name)).toContain("app-read");
		const role = await acl.createRole({ Name: "reader", Policies: [{ ID: policy.ID }] });
		expect((await acl.roles({ policy: policy.ID })).value).toMatchObject([{ Name: "reader" }]);
		expect((await acl.roleByName("reader")).value?.ID).toBe(role.ID);
		expect((await acl.roleByName("none")).value).toBeUndefined();
		await acl.updateRole(role.ID, { Name: "reader", Description: "r", Policies: [{ ID: policy.ID }] });
		expect((await acl.role(role.ID)).value?.Description).toBe("r");

		const identities = {
			ServiceIdentities: [{ ServiceName: "web" }],
			NodeIdentities: [{ NodeName: "n", Datacenter: "dc1" }],
		};
		const token = await acl.createToken({ Roles: [{ ID: role.ID }], ExpirationTTL: "1h", ...identities });
		expect(token).toMatchObject({ Roles: [{ Name: "reader" }], Local: false, ExpirationTime: expect.any(String) });
		const mine = { token: token.SecretID };
		expect((await acl.selfToken(mine)).value.AccessorID).toBe(token.AccessorID);
		expect((await acl.tokens({ role: role.ID })).value).toMatchObject([{ AccessorID: token.AccessorID }]);
		const expanded = (await acl.token(token.AccessorID, { expanded: true })).value;
		expect(expanded.ExpandedRoles).toMatchObject([{ Name: "reader" }]);
		const questions = [
			{ Resource: "key", Access: "read", Segment: "app/a" },
			{ Resource: "key", Access: "write", Segment: "app/a" },
		] as const;
		expect((await acl.authorize(questions, mine)).map(({ Allow }) => Allow)).toEqual([true, false]);
		await kv.put("app/a", "1");
		const { value: pair } = await kv.get("app/a", mine);
		expect(pair && kvText(pair)).toBe("1");
		await expect(kv.put("app/a", "2", mine)).rejects.toSatisfy((error) => isHttpStatus(error, 403));
		const copy = await acl.cloneToken(token.AccessorID, "copy");
		expect(copy.Description).toBe("copy");
		expect((await acl.updateToken(copy.AccessorID, { Description: "changed" })).Description).toBe("changed");
		for (const one of [copy, token]) await acl.deleteToken(one.AccessorID);
		await expect(acl.selfToken(mine)).rejects.toSatisfy((error) => isHttpStatus(error, 403));
		await acl.deleteRole(role.ID);
		await acl.deletePolicy(policy.ID);
		expect((await acl.replication()).Enabled).toBe(false);
		await expect(acl.bootstrap()).rejects.toSatisfy((error) => isHttpStatus(error, 403));
	});

	test("auth methods and binding rules", async () => {
		const { acl } = client;
		const { generateKeyPairSync, sign } = await import("node:crypto");
		const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		const pem = publicKey.export({ type: "spki", format: "pem" });
		const Config = { JWTValidationPubKeys: [pem], BoundIssuer: "tests", ClaimMappings: { who: "who" } };
		const method = { Name: "jwt", Type: "jwt", MaxTokenTTL: "5m", Config };
		expect(await acl.createAuthMethod(method)).toMatchObject({ Name: "jwt", MaxTokenTTL: "5m0s" });
		expect((await acl.updateAuthMethod("jwt", { ...method, Description: "d" })).Description).toBe("d");
		expect((await acl.authMethod("jwt")).value?.Description).toBe("d");
		expect((await acl.authMethod("none")).value).toBeUndefined();
		expect((await acl.authMethods()).value).toMatchObject([{ Name: "jwt" }]);
		const rule = { AuthMethod: "jwt", BindType: "service" as const, Selector: "", BindName: "x" };
		const { ID } = await acl.createBindingRule(rule);
		// biome-ignore lint/suspicious/noTemplateCurlyInString: Consul's syntax.
		await acl.updateBindingRule(ID, { ...rule, BindName: "${value.who}" });
		expect((await acl.bindingRules({ authMethod: "jwt" })).value).toMatchObject([{ ID, BindType: "service" }]);

		const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
		const now = Math.floor(Date.now() / 1000);
		const claims = { iss: "tests", who: "web", iat: now, nbf: now - 60, exp: now + 600 };
		const head = `${part({ alg: "ES256", typ: "JWT" })}.${part(claims)}`;
		const signature = sign("sha256", Buffer.from(head), { key: privateKey, dsaEncoding: "ieee-p1363" });
		const bearerToken = `${head}.${signature.toString("base64url")}`;
		const token = await acl.login({ authMethod: "jwt", bearerToken, meta: { from: "test" } });
		expect(token).toMatchObject({ AuthMethod: "jwt", ServiceIdentities: [{ ServiceName: "web" }] });
		await acl.logout({ token: token.SecretID });
		await expect(acl.selfToken({ token: token.SecretID })).rejects.toMatchObject({ status: 403 });
		await acl.deleteBindingRule(ID);
		expect((await acl.bindingRule(ID)).value).toBeUndefined();
		await acl.deleteAuthMethod("jwt");
	});

	test("an agent without permissions says so", async () => {
		const agent = await startAgent("127.75.1.4");
		try {
			await expect(agent.client.acl.policies()).rejects.toSatisfy((error) => isHttpStatus(error, 401));
		} finally {
			await agent.kill("SIGINT");
		}
	});
});
