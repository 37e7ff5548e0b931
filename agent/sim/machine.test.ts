import { expect, it } from "vitest";
import { Simulation } from "./index.ts";

const calm = { delayMsMin: 1, delayMsMax: 1, lossRate: 0, duplicateRate: 0 };
const near = { host: "10.0.0.1", port: 7 };
const far = { host: "10.0.0.2", port: 7 };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (packet: Uint8Array) => new TextDecoder().decode(packet);

async function world() {
	const simulation = new Simulation({ seed: 1, faults: calm, diskDelayMsMax: 0 });
	const log: string[] = [];
	const a = simulation.boot(near.host);
	const b = simulation.boot(far.host);
	const sender = await a.network.bindDatagram(near, (packet) => log.push(`a ${text(packet)}`));
	const receiver = await b.network.bindDatagram(far, (packet) => log.push(`b ${text(packet)}`));
	return { simulation, log, a, b, sender, receiver };
}

it("a paused machine's timers and packets wait: timers run first", async () => {
	const { simulation, log, b, sender } = await world();
	b.clock.after(5, () => log.push("b timer"));
	const cancelled = b.clock.after(6, () => log.push("never"));
	simulation.pause(far.host);
	sender.send(bytes("1"), far);
	await simulation.run(10);
	sender.send(bytes("2"), far);
	await simulation.run(10);
	expect(log).toEqual([]);
	cancelled.cancel();
	simulation.resume(far.host);
	expect(log).toEqual(["b timer", "b 1", "b 2"]);
});

it("a jammed machine's timers run, its packets wait both ways", async () => {
	const { simulation, log, b, sender, receiver } = await world();
	simulation.jam(far.host);
	b.clock.after(5, () => {
		log.push("b timer");
		receiver.send(bytes("3"), near);
	});
	sender.send(bytes("1"), far);
	await simulation.run(10);
	expect(log).toEqual(["b timer"]);
	simulation.unjam(far.host);
	expect(log).toEqual(["b timer", "b 1"]);
	await simulation.run(10);
	expect(log).toEqual(["b timer", "b 1", "a 3"]);
});

it("a paused machine's packets beyond the kernel's buffer are lost", async () => {
	const { simulation, log, sender } = await world();
	simulation.pause(far.host);
	for (let count = 0; count < 300; count++) sender.send(new Uint8Array(1000), far);
	await simulation.run(10);
	simulation.resume(far.host);
	expect(log).toHaveLength(212);
});

it("a stream to a paused machine stands still", async () => {
	const { simulation, log, a, b } = await world();
	await b.network.listen(far, (connection) => {
		void (async () => {
			for await (const chunk of connection.incoming) log.push(text(chunk));
		})();
	});
	const connecting = a.network.connect(far, { timeoutMs: 1000 });
	await simulation.run(5);
	const connection = await connecting;
	simulation.pause(far.host);
	await connection.write(bytes("hello"));
	await simulation.run(50);
	expect(log).toEqual([]);
	simulation.resume(far.host);
	await simulation.run(0);
	expect(log).toEqual(["hello"]);
});

it("a partition may be of one direction", async () => {
	const { simulation, log, sender, receiver } = await world();
	simulation.weather.block(near.host, far.host);
	sender.send(bytes("lost"), far);
	receiver.send(bytes("arrives"), near);
	await simulation.run(10);
	expect(log).toEqual(["a arrives"]);
	simulation.weather.heal();
	sender.send(bytes("again"), far);
	await simulation.run(10);
	expect(log).toEqual(["a arrives", "b again"]);
});

it("a wall clock may jump, the monotonic one goes on", async () => {
	const { simulation, a } = await world();
	const before = a.clock.nowMs();
	simulation.jumpClock(near.host, -3_600_000);
	expect(a.clock.nowMs() - before).toBe(-3_600_000);
	await simulation.run(10);
	expect(a.clock.monotonicMs()).toBe(10);
});
