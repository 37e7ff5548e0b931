// Client-side discovery: the program itself follows the instances and chooses, without a balancer between.
// node client.mjs: chooses with the typed client; node client.mjs srv HOST: asks DNS (SRV) before each request.
import { Resolver } from "node:dns/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "disco/client";

const requests = 100;

/** One of them by chance, each as often as its weight says. */
function chosen(instances) {
	let left = Math.random() * instances.reduce((sum, { weight }) => sum + weight, 0);
	for (const instance of instances) {
		left -= instance.weight;
		if (left < 0) return instance;
	}
	return instances.at(-1);
}

async function* fromAgent() {
	const client = createClient({ address: process.env.CONSUL_HTTP_ADDR });
	let instances = [];
	const ending = new AbortController();
	// One stream tells of each change; asking costs nothing then.
	const following = (async () => {
		for await (const { value } of client.changes.service("web", { passing: true, signal: ending.signal })) {
			instances = value.map(({ Service, Node }) => ({
				host: Service.Address || Node.Address,
				port: Service.Port,
				weight: Service.Weights?.Passing ?? 1,
			}));
		}
	})();
	while (instances.length === 0) await pause(10);
	for (let request = 0; request < requests; request++) yield chosen(instances);
	ending.abort();
	await following;
	client.close();
}

async function* fromDns(host) {
	const resolver = new Resolver();
	resolver.setServers([`${host}:8600`]);
	for (let request = 0; request < requests; request++) {
		const records = await resolver.resolveSrv("web.service.consul");
		const { name, port } = chosen(records);
		const [address] = await resolver.resolve4(name);
		yield { host: address, port };
	}
}

const counts = {};
for await (const { host, port } of process.argv[2] === "srv" ? fromDns(process.argv[3]) : fromAgent()) {
	const answer = (await (await fetch(`http://${host}:${port}/`)).text()).trim();
	counts[answer] = (counts[answer] ?? 0) + 1;
}
console.log(JSON.stringify(Object.fromEntries(Object.entries(counts).sort())));
