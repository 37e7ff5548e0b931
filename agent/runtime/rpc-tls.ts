import { createSecureContext, type SecureContext } from "node:tls";
import type { Address, Connection, Network } from "../../lib/env/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import { firstByteOf, nodeClock, nodeNetwork } from "../../lib/node/index.ts";
import {
	type AcceptedTls,
	connectTls,
	contextOptions,
	createTlsAcceptor,
	readTlsFiles,
	type TlsFiles,
} from "../../lib/tls/index.ts";
import type { RuntimeConfig } from "../config/index.ts";
import { type AdmittedConnection, firstBytes, nativeProtocols } from "../rpc/forward/index.ts";

/** The first byte of a TLS record with a handshake (RFC 8446, 5.1): native TLS. */
const tlsRecord = 0x16;
/** A handshake may take this part of the server port's time, so that the reason is told. */
const handshakePart = 0.98;
/** A server that refuses our certificate does so within this time; one that ends the connection later shuts down. */
const refusalMsMax = 2_000;
/** The same line about the same peer comes once in this time. */
const quietMs = 10_000;
/** So many peers are remembered for that. */
const quietMax = 1_000;

/** TLS between agents, as `tls.internal_rpc` says. */
export interface RpcTls {
	/**
	 * Connects to servers of that datacenter: by TLS with `verify_outgoing`. Whatever goes to a server port is to go through it.
	 * `connect` fails as `Network.connect` does.
	 */
	networkTo(datacenter: string): Network;
	/** As `ServerPortOptions` has them. */
	admit(connection: Connection): Promise<AdmittedConnection>;
	onRefused(from: Address, error: DiscoError): void;
	/**
	 * Reads the files again; what is given puts them in force for connections made from then on. Those that are there stay. Fails
	 * with `TLS_FILE_INVALID`.
	 */
	prepare(config: RuntimeConfig): () => void;
}

/** What is in force. */
interface Current {
	readonly tls: RuntimeConfig["tls"]["internalRpc"];
	readonly files: TlsFiles;
	readonly context: SecureContext;
	readonly datacenter: string;
	readonly domain: string;
}

/** Fails with `TLS_FILE_INVALID`. */
export function createRpcTls(config: RuntimeConfig, logger: Logger): RpcTls {
	let current = read(config);
	const acceptor = createTlsAcceptor(current.files, {
		protocols: Object.keys(nativeProtocols),
		handshakeTimeoutMs: Math.ceil(config.cluster.serverPort.handshakeTimeoutMs * handshakePart),
	});
	const warn = warnRarely(logger);

	async function connect(datacenter: string, to: Address, options: Parameters<Network["connect"]>[1]) {
		const { tls, context, domain } = current;
		const plain = await nodeNetwork.connect(to, options);
		if (!tls.verifyOutgoing) return plain;
		const server = `${to.host}:${to.port}`;
		try {
			await plain.write(Uint8Array.of(firstBytes.tls));
			const untilMs = nodeClock.monotonicMs() + refusalMsMax;
			return await connectTls(plain, {
				context,
				serverName: tls.verifyServerHostname ? serverName(datacenter, domain) : undefined,
				timeoutMs: options.timeoutMs,
				halfOpen: options.halfOpen ?? false,
				onSilentEnd: () => silentEnd(server, untilMs),
			});
		} catch (error) {
			void plain.close();
			if (error instanceof DiscoError) warn("a server cannot be reached by TLS", { server }, error.message);
			throw error;
		}
	}

	/** With TLS 1.3 a server judges our certificate when we think that all is well. */
	function silentEnd(server: string, untilMs: number): DiscoError {
		const why =
			"it ended the connection after the handshake: it shuts down, or refuses our certificate (its log says why)";
		if (nodeClock.monotonicMs() < untilMs) warn("a server cannot be reached by TLS", { server }, why);
		return new DiscoError("CONNECTION_LOST", `${server}: ${why}`, { retryable: true });
	}

	return {
		networkTo: (datacenter) => ({ ...nodeNetwork, connect: (to, options) => connect(datacenter, to, options) }),
		async admit(connection) {
			const { tls, files } = current;
			const first = await firstByteOf(connection);
			const isNative = first === tlsRecord;
			if (first !== firstBytes.tls && !isNative) {
				if (tls.verifyIncoming && first !== undefined)
					throw refused("it does not use TLS, which verify_incoming asks for; give it verify_outgoing = true");
				return { connection };
			}
			if (files.cert === undefined)
				throw refused("it uses TLS, for which there is no certificate here; give cert_file and key_file");
			const accepted = await acceptor.accept(connection, { skipBytes: isNative ? 0 : 1 });
			try {
				return admitted(current, accepted, isNative);
			} catch (error) {
				void accepted.connection.close();
				throw error;
			}
		},
		onRefused: ({ host }, error) => warn("a connection to the server port is refused", { from: host }, error.message),
		prepare(next) {
			const ready = read(next);
			return () => {
				current = ready;
				acceptor.replace(ready.files);
			};
		},
	};
}

/** Native TLS wants a certificate in any case, as in the reference. Fails with `TLS_REFUSED`. */
function admitted({ tls, ...current }: Current, accepted: AcceptedTls, isNative: boolean): AdmittedConnection {
	const { connection, certificate, fault, protocol = "" } = accepted;
	if (certificate === undefined && (tls.verifyIncoming || isNative)) throw refused(fault);
	const name = serverName(current.datacenter, current.domain);
	const mayBeServer =
		!tls.verifyIncoming ||
		!tls.verifyServerHostname ||
		certificate?.checkHost(name, { subject: "never" }) !== undefined;
	const raft = mayBeServer ? {} : { raftRefusal: `it acts as a server, and its certificate does not name ${name}` };
	if (!isNative) return { connection, ...raft };
	const firstByte = Object.hasOwn(nativeProtocols, protocol) ? nativeProtocols[protocol] : undefined;
	if (firstByte === undefined) throw refused("it names none of the protocols of this port (ALPN)");
	return { connection, firstByte, ...raft };
}

function read({ tls, datacenter, dns }: RuntimeConfig): Current {
	const files = readTlsFiles(tls.internalRpc);
	const context = createSecureContext(contextOptions(files));
	return { tls: tls.internalRpc, files, context, datacenter, domain: dns.domain };
}

/** What the certificates of a datacenter's servers have to name, as in the reference. */
function serverName(datacenter: string, domain: string): string {
	return `server.${datacenter}.${domain}`;
}

function refused(why: string): DiscoError {
	return new DiscoError("TLS_REFUSED", why);
}

type WarnRarely = (text: string, peer: Readonly<Record<string, string>>, why: string) => void;

/** Who tries again and again, or many who try at once, must not fill the log. */
function warnRarely(logger: Logger): WarnRarely {
	const quiet = new Set<string>();
	return (text, peer, why) => {
		const line = `${text} ${JSON.stringify(peer)} ${why}`;
		if (quiet.has(line) || quiet.size >= quietMax) return;
		quiet.add(line);
		setTimeout(() => quiet.delete(line), quietMs).unref();
		logger.warn(text, { ...peer, why });
	};
}
