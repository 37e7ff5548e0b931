// One of several equal workers, of which one leads: node worker.mjs NAME HOST PORT.
//
// The leader holds the key workers/leader with a session. The session is tied to the worker's own check, so that the lock is free as
// soon as the check finds the worker dead, without waiting for a time-to-live.
import { createServer } from "node:http";
import { createClient } from "disco/client";

const [name, host, port] = process.argv.slice(2);
const key = "workers/leader";
const client = createClient({ address: process.env.CONSUL_HTTP_ADDR });
const server = createServer((_request, response) => response.end(`${name}\n`));
await new Promise((resolve) => server.listen(Number(port), host, resolve));

const check = `${name}-up`;
await client.agent.registerService({
	ID: name,
	Name: "worker",
	Address: host,
	Port: Number(port),
	Check: { CheckID: check, TCP: `${host}:${port}`, Interval: "200ms", Status: "passing" },
});

for (;;) {
	const session = await newSession();
	// Whenever nobody holds the key, everybody tries; one of them gets it.
	for await (const { value } of client.changes.key(key)) {
		if (value?.Session === session) continue;
		if ((await client.session.info(session)) === undefined) break;
		if (value?.Session === undefined && (await client.kv.put(key, name, { acquire: session }))) {
			console.log(`${name} leads`);
		}
	}
	console.log(`${name}'s session is over`);
}

/** The check must be in the catalog before a session can be tied to it. */
async function newSession() {
	for (;;) {
		try {
			return await client.session.create({
				Name: name,
				LockDelay: "0s",
				NodeChecks: [],
				ServiceChecks: [{ ID: check }],
			});
		} catch {
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}
