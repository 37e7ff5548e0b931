// A service whose new checkout is behind a flag: node shop.mjs HOST PORT. The flag is the key flags/new-checkout: how many percent
// of the customers get it. It is followed while the program runs; without the agent the last value stays.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createClient } from "disco/client";

const [host, port] = process.argv.slice(2);
const client = createClient({ address: process.env.CONSUL_HTTP_ADDR });
let percent = 0;

/** The same customer always gets the same answer, and keeps the new checkout when the percentage grows. */
function isNew(customer) {
	const place = createHash("sha256").update(`new-checkout ${customer}`).digest().readUInt32BE(0) / 2 ** 32;
	return place * 100 < percent;
}

createServer((request, response) => {
	const customer = new URL(request.url ?? "/", "http://localhost").searchParams.get("customer") ?? "";
	response.end(isNew(customer) ? "new checkout\n" : "old checkout\n");
}).listen(Number(port), host);

for await (const { value } of client.changes.key("flags/new-checkout")) {
	const wanted = Number(value === undefined ? 0 : Buffer.from(value.Value ?? "", "base64").toString());
	// What somebody mistyped changes nothing.
	if (wanted >= 0 && wanted <= 100) percent = wanted;
	else console.error(`flags/new-checkout is no percentage; it stays ${percent}`);
}
