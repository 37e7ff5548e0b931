import { describe, expect, it } from "vitest";
import { FakeClock, FakeNetwork, settle } from "../env/fake.ts";
import type { Address, Connection, Network } from "../env/index.ts";
import { nodeClock, nodeNetwork } from "./index.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (content: Uint8Array) => new TextDecoder().decode(content);

/** Two hosts of one network. `soon` lets time pass until the condition holds. */
interface Pair {
	readonly a: Network;
	readonly b: Network;
	readonly hostA: string;
	readonly hostB: string;
	readonly soon: <Value>(promise: Promise<Value>) => Promise<Value>;
}

function fakePair(): Pair {
	const clock = new FakeClock();
	const network = new FakeNetwork({ clock });
	const soon = async <Value>(promise: Promise<Value>) => {
		let over = false;
		const done = () => {
			over = true;
		};
		promise.then(done, done);
		for (let step = 0; step < 2000 && !over; step++) {
			await settle();
			clock.runNext();
		}
		return promise;
	};
	return { a: network.host("10.0.0.1"), b: network.host("10.0.0.2"), hostA: "10.0.0.1", hostB: "10.0.0.2", soon };
}

const implementations = [
	{ name: "fake", make: fakePair },
	{
		name: "node",
		make: (): Pair => ({
			a: nodeNetwork,
			b: nodeNetwork,
			hostA: "127.11.0.1",
			hostB: "127.11.0.2",
			soon: (promise) => promise,
		}),
	},
];

/** Gives values to whoever asks, in order, whoever is first. */
function mailbox<Value>() {
	const values: Value[] = [];
	const waiting: ((value: Value) => void)[] = [];
	return {
		put: (value: Value) => {
			const next = waiting.shift();
			if (next === undefined) values.push(value);
			else next(value);
		},
		take: () =>
			new Promise<Value>((resolve) => {
				const value = values.shift();
				if (value === undefined) waiting.push(resolve);
				else resolve(value);
			}),
	};
}

async function readAll(connection: Connection): Promise<string> {
	let all = "";
	for await (const chunk of connection.incoming) all += text(chunk);
	return all;
}

describe.each(implementations)("$name network", ({ make }) => {
	it("carries datagrams, and answers to where they came from", async () => {
		const { a, b, hostA, hostB, soon } = make();
		const inbox = mailbox<{ packet: string; from: Address }>();
		const replies = mailbox<string>();
		const receiver = await b.bindDatagram({ host: hostB, port: 0 }, (packet, from) =>
			inbox.put({ packet: text(packet), from }),
		);
		const sender = await a.bindDatagram({ host: hostA, port: 0 }, (packet) => replies.put(text(packet)));
		sender.send(bytes("ping"), receiver.local);
		const { packet, from } = await soon(inbox.take());
		expect({ packet, from }).toEqual({ packet: "ping", from: sender.local });
		receiver.send(bytes("pong"), from);
		expect(await soon(replies.take())).toBe("pong");
		await sender.close();
		await sender.close();
		sender.send(bytes("after close"), receiver.local);
		await receiver.close();
	});

	it("refuses ports in use and addresses of others", async () => {
		const { a, hostA } = make();
		const socket = await a.bindDatagram({ host: hostA, port: 0 }, () => undefined);
		const listener = await a.listen({ host: hostA, port: 0 }, () => undefined);
		await expect(a.bindDatagram(socket.local, () => undefined)).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
		await expect(a.listen(listener.local, () => undefined)).rejects.toMatchObject({ code: "ADDRESS_IN_USE" });
		const foreign = { host: "192.0.2.1", port: 0 };
		await expect(a.bindDatagram(foreign, () => undefined)).rejects.toMatchObject({ code: "ADDRESS_NOT_AVAILABLE" });
		await expect(a.listen(foreign, () => undefined)).rejects.toMatchObject({ code: "ADDRESS_NOT_AVAILABLE" });
		await Promise.all([socket.close(), listener.close(), listener.close()]);
	});

	it("carries streams both ways, in order, to their end", async () => {
		const { a, b, hostB, soon } = make();
		const accepted = mailbox<Connection>();
		const listener = await b.listen({ host: hostB, port: 0 }, (connection) => accepted.put(connection));
		const near = await soon(a.connect(listener.local, { timeoutMs: 5000 }));
		const far = await soon(accepted.take());
		expect(near.remote).toEqual(listener.local);
		const received = readAll(far);
		for (let at = 0; at < 100; at++) await soon(near.write(bytes(`${at},`)));
		await soon(far.write(bytes("hello")));
		const incoming = near.incoming[Symbol.asyncIterator]();
		expect(text((await soon(incoming.next())).value)).toBe("hello");
		await soon(near.close());
		expect(await soon(received)).toBe(Array.from({ length: 100 }, (_, at) => `${at},`).join(""));
		await soon(near.close());
		await soon(far.close());
		await expect(soon(near.write(bytes("late")))).rejects.toMatchObject({ code: "CONNECTION_LOST" });
		await listener.close();
	});

	it("holds a writer back whose peer does not read", async () => {
		const { a, b, hostB, soon } = make();
		const accepted = mailbox<Connection>();
		const listener = await b.listen({ host: hostB, port: 0 }, (connection) => accepted.put(connection));
		const near = await soon(a.connect(listener.local, { timeoutMs: 5000 }));
		const far = await soon(accepted.take());
		const total = 16 * 1024 * 1024;
		let written = 0;
		const writing = (async () => {
			for (; written < total; written += 65_536) await near.write(new Uint8Array(65_536));
			await near.close();
		})();
		await new Promise((resolve) => nodeClock.after(100, () => resolve(undefined)));
		expect(written).toBeLessThan(total);
		let read = 0;
		await soon(
			(async () => {
				for await (const chunk of far.incoming) read += chunk.length;
			})(),
		);
		await soon(writing);
		expect(read).toBe(total);
		await soon(far.close());
		await listener.close();
	});

	it("tells a refusal by its code", async () => {
		const { a, b, hostB, soon } = make();
		const listener = await b.listen({ host: hostB, port: 0 }, () => undefined);
		await listener.close();
		await expect(soon(a.connect(listener.local, { timeoutMs: 5000 }))).rejects.toMatchObject({
			code: "CONNECTION_REFUSED",
			retryable: true,
		});
	});
});

describe("the fake network", () => {
	it("lets a connection attempt run out of time", async () => {
		const clock = new FakeClock();
		const network = new FakeNetwork({ clock, weather: { datagram: () => [], stream: () => undefined } });
		const a = network.host("a");
		network.host("b");
		const outcome = a.connect({ host: "b", port: 1 }, { timeoutMs: 500 }).catch((error) => error);
		clock.advance(500);
		expect(await outcome).toMatchObject({ code: "CONNECT_TIMEOUT" });
	});

	it("breaks the connections of a host that crashes", async () => {
		const clock = new FakeClock();
		const network = new FakeNetwork({ clock });
		const [a, b] = [network.host("a"), network.host("b")];
		await b.listen({ host: "b", port: 1 }, () => undefined);
		const connecting = a.connect({ host: "b", port: 1 }, { timeoutMs: 500 });
		clock.advance(1);
		const near = await connecting;
		const reading = readAll(near).catch((error) => error);
		network.crash("b");
		expect(await reading).toMatchObject({ code: "CONNECTION_LOST" });
		await expect(near.write(bytes("x"))).rejects.toMatchObject({ code: "CONNECTION_LOST" });
	});
});
