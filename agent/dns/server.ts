import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Address } from "../../lib/env/index.ts";
import { DiscoError, errorCode, errorMessage } from "../../lib/errors.ts";
import { type ClientResponder, createGuard } from "./guard.ts";
import { createResponder, type Reply } from "./responder.ts";
import type { ResponderParts } from "./responder-parts.ts";
import { withStaleAnswers } from "./stale-answers.ts";
import { createTcpService, type TcpService } from "./tcp.ts";

interface DnsServerParts extends ResponderParts {
	/** Where to listen, over UDP and TCP; port 0 takes a free one. */
	readonly listen: readonly Address[];
}

export interface DnsServer {
	/**
	 * Resolves when every address answers. Fails with `ADDRESS_IN_USE` or `ADDRESS_NOT_AVAILABLE` (or `DNS_LISTEN_FAILED`), and
	 * then listens nowhere.
	 */
	start(): Promise<void>;
	/** Idempotent. Ends at once: clients ask again. */
	close(): Promise<void>;
	/** Where it listens, with the ports that were chosen; empty before `start`. */
	readonly addresses: readonly Address[];
	/** How many answers were older ones because the lookup failed (`stale_if_error`). */
	readonly staleCount: () => number;
	/** How many questions were dropped because their client asks too much (`client_rate_limit`). */
	readonly droppedCount: () => number;
}

/** A burst of questions waits here while the event loop is busy; with the system's default some were lost. */
const receiveBufferBytes = 4 * 1024 * 1024;
/** UDP questions that wait for an answer (in practice: for a recursor). Further ones are dropped; clients ask again. */
const waitingQuestionsMax = 8192;
/** Tries to find a port that is free for both transports. */
const freePortAttempts = 10;

/** The DNS interface: answers names of the domain from `endpoints`, passes others to the recursors. */
export function createDnsServer(parts: DnsServerParts): DnsServer {
	const stale = withStaleAnswers(parts.endpoints, {
		clock: parts.clock,
		staleIfErrorMs: () => parts.options().staleIfErrorMs,
	});
	const { respond, droppedCount } = createGuard(createResponder({ ...parts, endpoints: stale.endpoints }), parts);
	const listeners: Listener[] = [];
	let closing: Promise<void> | undefined;

	async function close(): Promise<void> {
		closing ??= Promise.all(listeners.map((listener) => listener.close())).then(() => undefined);
		await closing;
	}

	return {
		async start() {
			try {
				for (const address of parts.listen) listeners.push(await listen(address, respond, parts));
			} catch (error) {
				await close();
				throw error;
			}
			for (const { address } of listeners) parts.logger.info("listening", { address: formatAddress(address) });
		},
		close,
		staleCount: stale.count,
		droppedCount,
		get addresses() {
			return listeners.map(({ address }) => address);
		},
	};
}

interface Listener {
	readonly address: Address;
	close(): Promise<void>;
}

async function listen(wanted: Address, respond: ClientResponder, parts: DnsServerParts): Promise<Listener> {
	for (let attempt = 1; ; attempt++) {
		const tcp = createTcpService(respond, parts.clock);
		const udp = createUdpSocket(wanted.host, respond);
		try {
			const port = await bindTcp(tcp, wanted);
			await bindUdp(udp, { host: wanted.host, port });
			const report = (error: Error) => parts.logger.warn("socket failed", { error: errorMessage(error) });
			tcp.server.on("error", report);
			udp.on("error", report);
			return { address: { host: wanted.host, port }, close: () => closeBoth(tcp, udp) };
		} catch (error) {
			await closeBoth(tcp, udp);
			const mayTryAgain = wanted.port === 0 && errorCode(error) === "EADDRINUSE" && attempt < freePortAttempts;
			if (!mayTryAgain) throw listenError(wanted, error);
		}
	}
}

function createUdpSocket(host: string, respond: ClientResponder): Socket {
	const isIpv6 = host.includes(":");
	const socket = createSocket({
		type: isIpv6 ? "udp6" : "udp4",
		recvBufferSize: receiveBufferBytes,
		// Answers go to addresses, never to names; Node's own look-up costs a tenth of the whole answer even then.
		lookup: (address, _options, callback) => callback(null, address, isIpv6 ? 6 : 4),
	});
	let waiting = 0;
	let closed = false;
	socket.on("close", () => {
		closed = true;
	});
	socket.on("message", (packet, from) => {
		if (waiting >= waitingQuestionsMax) return;
		const send = (reply: Reply) => {
			// Whether it arrives is the network's business: UDP promises nothing.
			if (reply !== undefined && !closed) socket.send(reply, from.port, from.address, ignore);
		};
		const answer = respond(packet, "udp", from.address);
		if (!(answer instanceof Promise)) {
			send(answer);
			return;
		}
		waiting++;
		void answer.then((reply) => {
			waiting--;
			send(reply);
		});
	});
	return socket;
}

function ignore(): void {
	// Nothing.
}

async function bindTcp({ server }: TcpService, { host, port }: Address): Promise<number> {
	server.listen({ host, port });
	await once(server, "listening");
	return (server.address() as AddressInfo).port;
}

async function bindUdp(socket: Socket, { host, port }: Address): Promise<void> {
	const listening = once(socket, "listening");
	socket.bind({ address: host, port, exclusive: true });
	await listening;
}

async function closeBoth(tcp: TcpService, udp: Socket): Promise<void> {
	tcp.closeConnections();
	await Promise.all([
		new Promise<void>((resolve) => {
			tcp.server.close(() => resolve());
		}),
		new Promise<void>((resolve) => {
			udp.close(resolve);
		}),
	]);
}

function listenError(wanted: Address, error: unknown): DiscoError {
	const where = formatAddress(wanted);
	const code = errorCode(error);
	if (code === "EADDRINUSE") {
		const advice = "stop it or choose another port (ports.dns, -dns-port)";
		return new DiscoError("ADDRESS_IN_USE", `DNS: ${where} is in use by another program; ${advice}`, { cause: error });
	}
	if (code === "EADDRNOTAVAIL") {
		return new DiscoError("ADDRESS_NOT_AVAILABLE", `DNS: ${where} is not an address of this machine`, { cause: error });
	}
	const message = `DNS: cannot listen on ${where}: ${errorMessage(error)}`;
	return new DiscoError("DNS_LISTEN_FAILED", message, { cause: error });
}

function formatAddress({ host, port }: Address): string {
	return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
