// The demo's narrator: shows, with real requests, each part that `docker compose up demo` started, then follows what changes.
// DEMO_ONCE=1 stops after the tour: exit status 0 when everything was seen, 1 with a line that says what was not.
import { lookup, Resolver } from "node:dns/promises";
import { request } from "node:http";

const agentAddress = process.env.CONSUL_HTTP_ADDR ?? "127.0.0.1:8500";
const proxyAddress = process.env.HAPROXY_ADDR ?? "127.0.0.1:8080";
const [agentHost, agentPort] = agentAddress.split(":");
const once = process.env.DEMO_ONCE === "1";
const wantedInstances = 2;
/** How long each part may take to appear. */
const patienceMs = 30_000;

const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
const say = (text = "") => console.log(text);

/** An HTTP exchange; the body as text. */
function exchange(url, { method = "GET", headers = {}, body, timeoutMs = 10_000 } = {}) {
	return new Promise((resolve, reject) => {
		const outgoing = request(url, { method, headers, timeout: timeoutMs, agent: false }, (response) => {
			const chunks = [];
			response.on("data", (chunk) => chunks.push(chunk));
			response.on("end", () =>
				resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }),
			);
			response.on("error", reject);
		});
		outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer from ${url} within ${timeoutMs} ms`)));
		outgoing.on("error", reject);
		outgoing.end(body);
	});
}

const api = (path, options) => exchange(`http://${agentAddress}${path}`, options);
const viaProxy = (path) =>
	exchange(`http://${proxyAddress}${path}`, { headers: { host: "api.haproxy.service.consul" } });

/** Repeats `attempt` until it returns something, for at most `patienceMs`; the last error or undefined tells what was missing. */
async function until(what, attempt) {
	const endMs = Date.now() + patienceMs;
	let last;
	for (;;) {
		try {
			const found = await attempt();
			if (found !== undefined) return found;
			last = undefined;
		} catch (error) {
			last = error;
		}
		if (Date.now() > endMs) {
			throw new Error(
				`${what}: not seen within ${patienceMs / 1000} s${last === undefined ? "" : ` (${last.message})`}`,
			);
		}
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

async function healthy(query = "") {
	const answer = await api(`/v1/health/service/api?passing${query}`, { timeoutMs: 70_000 });
	if (answer.status !== 200) throw new Error(`health answered ${answer.status}: ${answer.text.trim()}`);
	return { index: Number(answer.headers["x-consul-index"]), instances: JSON.parse(answer.text) };
}

const shown = ({ Service }) => `${Service.ID} at ${Service.Address}:${Service.Port}`;

async function tour() {
	say(bold("1. The registry: services that are registered and healthy"));
	const { instances } = await until(`${wantedInstances} healthy instances of api`, async () => {
		const answer = await healthy();
		return answer.instances.length >= wantedInstances ? answer : undefined;
	});
	for (const instance of instances) say(`   ${shown(instance)}`);
	say("   disco-registrator put them there: SERVICE_5000_NAME=api, SERVICE_5000_CHECK_HTTP=/health\n");

	say(bold("2. DNS: the same answer for whoever knows only names"));
	const resolver = new Resolver();
	resolver.setServers([`${(await lookup(agentHost)).address}:8600`]);
	const records = await until("SRV records of api.service.consul", async () => {
		const found = await resolver.resolveSrv("api.service.consul");
		return found.length >= wantedInstances ? found : undefined;
	});
	for (const { name, port, priority, weight } of records)
		say(`   api.service.consul SRV ${priority} ${weight} ${port} ${name}`);
	const addresses = await resolver.resolve4("api.service.consul");
	say(`   api.service.consul A ${addresses.join(", ")}\n`);

	say(bold("3. The load balancer: HAProxy with a configuration that disco-template keeps"));
	const seen = new Map();
	await until("an answer from every instance through HAProxy", async () => {
		const answer = await viaProxy("/hello");
		if (answer.status !== 200) throw new Error(`HAProxy answered ${answer.status}: ${answer.text.trim()}`);
		const { instance } = JSON.parse(answer.text);
		seen.set(instance, (seen.get(instance) ?? 0) + 1);
		return seen.size >= wantedInstances ? true : undefined;
	});
	for (const [instance, count] of seen) say(`   ${instance} answered ${count} request(s)`);
	const balancer = await until("api.haproxy.service.consul", async () => {
		const found = await resolver.resolve4("api.haproxy.service.consul");
		return found.length > 0 ? found : undefined;
	});
	say(`   api.haproxy.service.consul A ${balancer.join(", ")}\n`);

	say(bold("4. The key-value store"));
	const key = "service/api/prod/greeting";
	const put = await api(`/v1/kv/${key}`, { method: "PUT", body: "hello" });
	const value = await api(`/v1/kv/${key}?raw`);
	if (put.text.trim() !== "true" || value.text !== "hello")
		throw new Error(`KV: put ${put.text.trim()}, read back "${value.text}"`);
	say(`   ${key} = ${value.text}   (disco-env -prefix service/api/prod CMD gives it to a program as greeting=hello)\n`);
}

function whatNext() {
	say(bold("Try it from another terminal"));
	say("   curl http://api.localhost:8080/            # through HAProxy");
	say("   dig @127.0.0.1 -p 8600 api.service.consul SRV");
	say("   docker compose up -d --no-recreate --scale api=4");
	say("   docker run -d -e SERVICE_5000_NAME=api disco-demo-api");
	say("   docker stop disco-api-1");
	say("   http://127.0.0.1:8500/ui/                  # the status page\n");
}

/** A line for every instance that comes or goes, for as long as the container runs. */
async function follow() {
	say(bold("Following api (Ctrl-C ends):"));
	let known = new Map();
	let index = 0;
	for (;;) {
		try {
			const answer = await healthy(index > 0 ? `&index=${index}&wait=60s` : "");
			const now = new Map(answer.instances.map((instance) => [instance.Service.ID, shown(instance)]));
			for (const [id, text] of now) if (!known.has(id)) say(`   + ${text}`);
			for (const [id, text] of known) if (!now.has(id)) say(`   - ${text}`);
			known = now;
			index = answer.index < index ? 0 : answer.index;
		} catch (error) {
			say(`   the agent does not answer (${error.message}); trying again`);
			index = 0;
			await new Promise((resolve) => setTimeout(resolve, 1000));
		}
	}
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));

try {
	say(bold(`disco at http://${agentHost}:${agentPort}, HAProxy at http://${proxyAddress}\n`));
	await tour();
} catch (error) {
	console.error(`demo: ${error.message}`);
	process.exit(1);
}
if (once) {
	say("demo: everything was seen");
	process.exit(0);
}
whatNext();
await follow();
