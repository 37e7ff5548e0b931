import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock, FakeNetwork, fakeRandom } from "../../../lib/env/fake.ts";
import type { Address, DatagramSocket } from "../../../lib/env/index.ts";
import { silentLogger } from "../../../lib/log/index.ts";
import { type Codec, decode, encode } from "../../../lib/msgpack/index.ts";
import type { Framing } from "../wire/framing.ts";
import { Keyring } from "../wire/keyring.ts";
import { ack, alive, dead, indirectPing, messageType, nack, ping, suspect } from "../wire/messages.ts";
import { decodePacket, encodePacket } from "../wire/packet.ts";
import type { SwimDelegate } from "./delegate.ts";
import { swimPresets } from "./settings.ts";
import { Swim } from "./swim.ts";

/** One member, and a socket beside it that speaks as others do. */
describe("a member", () => {
	const own = { host: "10.0.0.1", port: 7946 };
	const other = { host: "10.0.0.2", port: 7946 };
	const versions = Uint8Array.of(1, 5, 2, 2, 5, 4);
	const random = fakeRandom(1);
	const framing: Framing = {
		random,
		label: "",
		keyring: undefined,
		verifyIncoming: true,
		verifyOutgoing: true,
		compress: false,
	};
	let clock: FakeClock;
	let swim: Swim;
	let peer: DatagramSocket;
	let received: Uint8Array[];
	let events: string[];
	/** Packets that it has sent to the peer. */
	let arrived: number;

	/** What the member reads with. */
	let reads: Framing = framing;
	const restart = async () => {
		clock = new FakeClock();
		const network = new FakeNetwork({ clock });
		events = [];
		received = [];
		const delegate: SwimDelegate = {
			meta: () => Uint8Array.of(1),
			onMessage: (message) => void events.push(`message ${message[0]}`),
			broadcasts: () => [],
			localState: () => new Uint8Array(),
			mergeRemoteState: () => undefined,
			onJoin: ({ name }) => void events.push(`join ${name}`),
			onLeave: ({ name, status }) => void events.push(`${status} ${name}`),
			onUpdate: ({ name }) => void events.push(`update ${name}`),
			onConflict: ({ name }) => void events.push(`conflict ${name}`),
			ackPayload: () => Uint8Array.of(9),
			onPing: ({ name }) => void events.push(`ping ${name}`),
			refuseAlive: ({ name }) => (name === "unwanted" ? "nobody wants it" : undefined),
		};
		swim = new Swim(
			{
				name: "own",
				bind: own,
				versions,
				settings: { ...swimPresets.lan, deadNodeReclaimMs: 10_000 },
				framing: reads,
				clock,
				random,
				network: network.host(own.host),
				logger: silentLogger,
			},
			delegate,
		);
		peer = await network.host(other.host).bindDatagram(other, (packet) => {
			arrived++;
			received.push(...decodePacket(packet, reads));
		});
		arrived = 0;
		await swim.start();
		events.length = 0;
	};
	beforeEach(async () => {
		reads = framing;
		await restart();
	});
	afterEach(() => swim.close());

	const tell = (...messages: readonly Uint8Array[]) => {
		peer.send(encodePacket(messages, framing, { crc: true }), own);
		clock.advance(0);
	};
	const message = <T>(codec: Codec<T>, type: number, value: Partial<T>) =>
		encode(codec, { ...codec.zero, ...value }, type);
	const aliveOf = (
		Node: string,
		Incarnation: number,
		options: { from?: Address; meta?: number; vsn?: Uint8Array } = {},
	) =>
		message(alive, messageType.alive, {
			Node,
			Incarnation,
			Addr: Uint8Array.from((options.from ?? other).host.split(".").map(Number)),
			Port: (options.from ?? other).port,
			Meta: Uint8Array.of(options.meta ?? 0),
			Vsn: options.vsn ?? versions,
		});
	const suspectOf = (Node: string, Incarnation: number, From = "peer") =>
		message(suspect, messageType.suspect, { Node, Incarnation, From });
	const deadOf = (Node: string, Incarnation: number, From = "peer") =>
		message(dead, messageType.dead, { Node, Incarnation, From });
	const sequencesOf = (type: number) =>
		received
			.filter(([first]) => first === type)
			.map((bytes) => decode(type === messageType.ack ? ack : nack, bytes, 1).SeqNo);
	const statusOf = (name: string) => swim.members.list.get(name)?.status;
	const incarnationOf = (name: string) => swim.members.list.get(name)?.incarnation;

	it("takes up who says it is alive, once; newer words override older ones", () => {
		tell(aliveOf("peer", 2), aliveOf("peer", 2), aliveOf("peer", 1, { meta: 5 }));
		expect(events).toEqual(["join peer"]);
		tell(aliveOf("peer", 3, { meta: 5 }));
		expect(events).toEqual(["join peer", "update peer"]);
		expect(incarnationOf("peer")).toBe(3);
	});

	it("does not take up who is refused, has no version or an impossible one", () => {
		tell(aliveOf("unwanted", 1), aliveOf("a", 1, { vsn: Uint8Array.of(0, 0, 0, 0, 0, 0) }));
		tell(aliveOf("b", 1, { vsn: Uint8Array.of(5, 1, 2, 2, 5, 4) }), aliveOf("c", 1, { vsn: new Uint8Array() }));
		expect(events).toEqual([]);
	});

	it("refutes what is said of it, with a higher incarnation than the accuser's", () => {
		tell(suspectOf("own", 1));
		expect([statusOf("own"), incarnationOf("own")]).toEqual(["alive", 2]);
		tell(deadOf("own", 40));
		expect([statusOf("own"), incarnationOf("own")]).toEqual(["alive", 41]);
		expect(swim.members.refutations).toBe(2);
		expect(swim.awareness.score).toBe(2);
		// An old accusation needs no answer.
		tell(suspectOf("own", 3));
		expect(incarnationOf("own")).toBe(41);
	});

	it("suspects for a while, less long with each who confirms, and takes back what was refuted", () => {
		tell(aliveOf("peer", 1), ...["a", "b", "c", "d"].map((name) => aliveOf(name, 1)));
		tell(suspectOf("peer", 1, "a"));
		expect(statusOf("peer")).toBe("suspect");
		tell(aliveOf("peer", 2));
		expect(statusOf("peer")).toBe("alive");
		tell(suspectOf("peer", 2, "a"), suspectOf("peer", 2, "b"), suspectOf("peer", 2, "c"));
		expect(events).not.toContain("dead peer");
		clock.advance(4_100);
		expect(statusOf("peer")).toBe("dead");
		expect(events).toContain("dead peer");
	});

	it("dead of oneself is a leave; a name is free for another address after a leave only", () => {
		const elsewhere = { host: "10.0.0.9", port: 7946 };
		tell(aliveOf("peer", 1), aliveOf("peer", 2, { from: elsewhere }));
		expect(events).toEqual(["join peer", "conflict peer"]);
		tell(deadOf("peer", 1, "peer"));
		expect(statusOf("peer")).toBe("left");
		tell(aliveOf("peer", 2, { from: elsewhere }));
		expect(statusOf("peer")).toBe("alive");
		expect(swim.members.list.get("peer")?.announcement.address).toEqual(elsewhere);
	});

	it("answers pings for it, and no others", () => {
		received.length = 0;
		tell(message(ping, messageType.ping, { SeqNo: 5, Node: "somebody" }));
		clock.advance(0);
		expect(received.filter(([type]) => type === messageType.ack)).toEqual([]);
		tell(message(ping, messageType.ping, { SeqNo: 6, Node: "own" }));
		clock.advance(0);
		expect(received.filter(([type]) => type === messageType.ack)).toHaveLength(1);
	});

	it("who answers no ping, no helper and no stream is suspected, then dead", async () => {
		tell(aliveOf("peer", 1));
		await clock.advanceAsync(4_000);
		expect(statusOf("peer")).toBe("suspect");
		await clock.advanceAsync(30_000);
		expect(statusOf("peer")).toBe("dead");
	});

	it("tells a suspect that it probes what is said of it, so that it can refute at once", async () => {
		tell(aliveOf("peer", 1));
		tell(suspectOf("peer", 1, "third"));
		// What is still broadcast about it is sent out first.
		while (swim.members.broadcasts.size > 0) swim.members.broadcasts.take(1_400, 2);
		received.length = 0;
		await clock.advanceAsync(1_000);
		expect(received.map(([type]) => type)).toContain(messageType.ping);
		expect(received.map(([type]) => type)).toContain(messageType.suspect);
	});

	it("pings for another: an ack when it answers, a nack when it does not in time", async () => {
		tell(aliveOf("peer", 1));
		const ask = (SeqNo: number, Node: string, host: string) =>
			tell(
				message(indirectPing, messageType.indirectPing, {
					SeqNo,
					Node,
					Target: Uint8Array.from(host.split(".").map(Number)),
					Port: 7946,
					Nack: true,
				}),
			);
		received.length = 0;
		ask(70, "nobody", "10.0.0.77");
		await clock.advanceAsync(499);
		expect(sequencesOf(messageType.nack)).toEqual([]);
		await clock.advanceAsync(1);
		expect(sequencesOf(messageType.nack)).toEqual([70]);
		// Itself is asked for itself: it answers, and that is passed on.
		ask(71, "own", own.host);
		await clock.advanceAsync(600);
		expect(sequencesOf(messageType.nack)).toEqual([70]);
		expect(sequencesOf(messageType.ack)).toContain(71);
	});

	it("failed probes make it doubt itself and more patient; helpers' nacks make the others' fault of it", async () => {
		// Of a pool of two nobody can help.
		tell(aliveOf("silent", 1, { from: { host: "10.0.0.3", port: 7946 } }));
		await clock.advanceAsync(2_500);
		expect(statusOf("silent")).toBe("suspect");
		expect(swim.awareness.score).toBeGreaterThan(0);
		expect(swim.awareness.scaleMs(1_000)).toBe(1_000 * (swim.awareness.score + 1));
		expect(swim.prober.failedProbes).toBeGreaterThan(0);
	});

	it("the dead one's name is free for another address after its time, where one is set", async () => {
		tell(aliveOf("peer", 1));
		tell(deadOf("peer", 1, "third"));
		const elsewhere = { host: "10.0.0.9", port: 7946 };
		tell(aliveOf("peer", 2, { from: elsewhere }));
		expect(events).toContain("conflict peer");
		await clock.advanceAsync(11_000);
		tell(aliveOf("peer", 2, { from: elsewhere }));
		expect([statusOf("peer"), swim.members.list.get("peer")?.announcement.address]).toEqual(["alive", elsewhere]);
	});

	it("who is dead is still gossiped to for a while, who left is not", async () => {
		tell(aliveOf("peer", 1));
		tell(deadOf("peer", 1, "third"));
		received.length = 0;
		await clock.advanceAsync(1_000);
		expect(received.map(([type]) => type)).toContain(messageType.dead);
		tell(aliveOf("peer", 2));
		tell(deadOf("peer", 2, "peer"));
		while (swim.members.broadcasts.size > 0) swim.members.broadcasts.take(1_400, 2);
		tell(aliveOf("third", 1, { from: { host: "10.0.0.3", port: 7946 } }));
		received.length = 0;
		await clock.advanceAsync(1_000);
		expect(received).toEqual([]);
	});

	it("with a key it heeds neither plain nor wrongly sealed packets, and answers none of them", async () => {
		await swim.close();
		const key = new Uint8Array(32).fill(1);
		reads = { ...framing, keyring: new Keyring(key) };
		await restart();
		const send = (sealing: Framing) => {
			const messages = [
				aliveOf("peer", 1),
				suspectOf("own", 1),
				message(ping, messageType.ping, { SeqNo: 1, Node: "own" }),
			];
			peer.send(encodePacket(messages, sealing, { crc: true }), own);
			clock.advance(0);
			clock.advance(0);
		};
		send(framing);
		send({ ...framing, keyring: new Keyring(new Uint8Array(32).fill(2)) });
		send({ ...framing, label: "other" });
		expect([swim.members.list.size, swim.members.refutations, events, arrived]).toEqual([1, 0, [], 0]);
		send({ ...framing, keyring: new Keyring(key) });
		expect([swim.members.list.size, swim.members.refutations, events, arrived]).toEqual([2, 1, ["join peer"], 1]);
	});

	it("malformed packets change nothing", () => {
		const before = swim.members.list.size;
		for (let size = 0; size < 200; size++) peer.send(random.bytes(size), own);
		tell(aliveOf("peer", 1).subarray(0, 20));
		clock.advance(0);
		expect(swim.members.list.size).toBe(before);
	});
});
