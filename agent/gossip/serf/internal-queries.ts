import type { Address } from "../../../lib/env/index.ts";
import { errorMessage } from "../../../lib/errors.ts";
import type { Logger } from "../../../lib/log/index.ts";
import { decode, encode } from "../../../lib/msgpack/index.ts";
import { addressBytes, hostOf } from "../swim/pool-node.ts";
import type { Keyring } from "../wire/keyring.ts";
import { conflictResponse, serfType } from "../wire/serf-messages.ts";
import {
	answerKeyQuery,
	encodeKeyRequest,
	internalPrefix,
	isKeyOperation,
	type KeyOperation,
	type KeyReport,
	keyReport,
} from "./key-queries.ts";
import type { Member, MemberStatus, QueryReceived } from "./member.ts";
import type { QueryAnswer, QueryOptions, QueryResult } from "./query.ts";

const statusNumbers: Readonly<Record<MemberStatus, number>> = { alive: 1, leaving: 2, left: 3, failed: 4 };

export interface InternalQueryParts {
	readonly name: string;
	readonly keyring: Keyring | undefined;
	readonly responseSizeBytesMax: number;
	readonly save: () => Promise<void>;
	readonly members: () => readonly Member[];
	readonly ask: (name: string, payload: Uint8Array, options: QueryOptions) => Promise<QueryResult>;
	readonly self: () => Address;
	readonly logger: Logger;
}

/** The queries by which serf itself asks: keys, and who has a name. serf.md, section 5. */
export class InternalQueries {
	readonly #parts: InternalQueryParts;

	constructor(parts: InternalQueryParts) {
		this.#parts = parts;
	}

	/** Does not fail: what cannot be answered is logged. A `ping` wants its ack only. */
	answer(received: QueryReceived): void {
		const { keyring, save, logger, responseSizeBytesMax } = this.#parts;
		const name = received.name.slice(internalPrefix.length);
		if (name === "conflict") this.#answerConflict(received);
		else if (isKeyOperation(name)) {
			// Room for the response around it.
			const sizeBytesMax = responseSizeBytesMax - 128;
			answerKeyQuery(name, received.payload, { keyring, save, sizeBytesMax })
				.then((payload) => received.respond(payload))
				.catch((error: unknown) => logger.error(`failed to answer ${received.name}: ${errorMessage(error)}`));
		} else if (name !== "ping") logger.warn(`unhandled internal query '${received.name}'`);
	}

	/** Resolves when every member has answered, or at the end of the query's time. */
	async keys(operation: KeyOperation, key: Uint8Array | undefined, options: QueryOptions): Promise<KeyReport> {
		const memberCount = this.#parts.members().filter(({ status }) => status === "alive").length;
		const answers: QueryAnswer[] = [];
		let allAnswered: () => void = () => undefined;
		const complete = new Promise<void>((resolve) => {
			allAnswered = resolve;
		});
		const asked = this.#parts.ask(
			`${internalPrefix}${operation}`,
			key === undefined ? new Uint8Array() : encodeKeyRequest(key),
			{
				...options,
				onResponse: (answer) => {
					answers.push(answer);
					if (answers.length >= memberCount) allAnswered();
				},
			},
		);
		await Promise.race([asked, complete]);
		return keyReport(memberCount, answers);
	}

	/** Whether most of those who answer know our name at our address. */
	async isOurName(): Promise<boolean> {
		const { ask, name, self, logger } = this.#parts;
		try {
			const { responses } = await ask(`${internalPrefix}conflict`, new TextEncoder().encode(name), {});
			const address = self();
			const matching = responses.filter(({ payload }) => {
				if (payload[0] !== serfType.conflictResponse) return false;
				const { Addr, Port } = decode(conflictResponse, payload, 1);
				return hostOf(Addr) === address.host && Port === address.port;
			}).length;
			return matching >= Math.floor(responses.length / 2) + 1;
		} catch (error) {
			logger.error(`name conflict query failed: ${errorMessage(error)}`);
			return true;
		}
	}

	/** What we know of the name; the node that asks is no witness. */
	#answerConflict(received: QueryReceived): void {
		const name = new TextDecoder().decode(received.payload);
		if (name === this.#parts.name) return;
		const member = this.#parts.members().find((one) => one.name === name);
		if (member === undefined) return;
		const [ProtocolMin = 0, ProtocolMax = 0, ProtocolCur = 0, DelegateMin = 0, DelegateMax = 0, DelegateCur = 0] =
			member.versions;
		const payload = encode(
			conflictResponse,
			{
				Name: member.name,
				Addr: addressBytes(member.address.host),
				Port: member.address.port,
				Tags: member.tags,
				Status: statusNumbers[member.status],
				ProtocolMin,
				ProtocolMax,
				ProtocolCur,
				DelegateMin,
				DelegateMax,
				DelegateCur,
			},
			serfType.conflictResponse,
		);
		received.respond(payload);
	}
}
