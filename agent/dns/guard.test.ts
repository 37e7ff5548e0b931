import { describe, expect, it } from "vitest";
import { FakeClock } from "../../lib/env/fake.ts";
import { createLogger, silentLogger } from "../../lib/log/index.ts";
import { createGuard } from "./guard.ts";
import { defaultDnsOptions } from "./options.ts";

const question = Buffer.from("000701000001000000000000", "hex");

function guarded(options: Partial<typeof defaultDnsOptions>, lines: string[] = []) {
	const clock = new FakeClock();
	const logger =
		lines.length === 0 ? silentLogger : createLogger({ level: "info", clock, write: (line) => lines.push(line) });
	const parts = { options: () => ({ ...defaultDnsOptions, ...options }), clock, logger };
	const guard = createGuard(() => Promise.resolve(Buffer.alloc(12)), parts);
	const asked = async (client: string, count: number) => {
		const replies = Array.from({ length: count }, () => guard.respond(question, "udp", client));
		return (await Promise.all(replies)).filter((reply) => reply !== undefined).length;
	};
	return { clock, guard, asked };
}

describe("client_rate_limit", () => {
	it("lets everything pass without a limit", async () => {
		expect(await guarded({}).asked("10.0.0.1", 1000)).toBe(1000);
	});

	it("drops what a client asks beyond its rate, counts it, and gives the rate back with time", async () => {
		const { clock, guard, asked } = guarded({ clientRateLimit: 10 });
		expect(await asked("10.0.0.1", 15)).toBe(10);
		expect(guard.droppedCount()).toBe(5);
		expect(await asked("10.0.0.2", 3)).toBe(3);
		await clock.advance(500);
		expect(await asked("10.0.0.1", 15)).toBe(5);
		await clock.advance(60_000);
		expect(await asked("10.0.0.1", 15)).toBe(10);
	});

	it("takes a network of IPv6 for one client", async () => {
		const { asked } = guarded({ clientRateLimit: 4 });
		expect(await asked("2001:db8::1", 3)).toBe(3);
		expect(await asked("2001:db8:0:0:ffff::2", 3)).toBe(1);
		expect(await asked("2001:db8:0:1::1", 3)).toBe(3);
	});
});

describe("log_queries", () => {
	it("writes a line for each question", async () => {
		const lines = [""];
		const { asked } = guarded({ logQueries: true }, lines);
		await asked("10.0.0.9", 1);
		expect(lines.join("")).toMatch(/query: .*client=10\.0\.0\.9 transport=udp reply=NOERROR answers=0/);
	});
});
