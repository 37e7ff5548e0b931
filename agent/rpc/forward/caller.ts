import { encode, type Reader } from "../../../lib/msgpack/index.ts";
import type { Answer, EndSignal, ReadOptions, WriteOptions } from "../endpoints.ts";
import type { QueryMeta, QueryOptions } from "../wire/common.ts";
import { queryMeta } from "../wire/common.ts";
import type { CalledMethod, Method, ServedCall, ServedMethod } from "../wire/rpc.ts";
import type { RememberedAnswers } from "./remembered-answers.ts";

/** Wait of a blocking query that names none, and at most. */
const waitDefaultMs = 300_000;
const waitMaxMs = 600_000;
const nanosecondsPerMs = 1e6;

export interface CallKind {
	/** A read may be asked again when a connection was lost. */
	readonly isRead: boolean;
	/** How long the server may wait before it answers. */
	readonly waitMs: number;
	readonly signal?: EndSignal | undefined;
	/** Every server but the leader would only pass it on. */
	readonly isForLeader?: boolean;
}

/** Brings a call to the server that is to answer it. */
export interface Caller {
	/** This agent's, which a question that names none is for. The reference's servers keep the name that a registration brings. */
	readonly datacenter: string;
	/** What was answered before; without it nothing is remembered. */
	readonly memory?: RememberedAnswers;
	/** `host:port` of the server that would be asked now. Fails with `NO_LEADER`, `SERVERS_UNKNOWN`. */
	address(): string;
	/** Fails with the server's error, or with `NO_LEADER`, `SERVERS_UNKNOWN`, `CALL_TIMEOUT`, `WAIT_ABORTED`, `CONNECTION_LOST`. */
	call<Argument, Reply>(method: CalledMethod<Argument, Reply>, argument: Argument, kind: CallKind): Promise<Reply>;
}

type ReadArgument = QueryOptions & { readonly Datacenter: string };
type WriteArgument = { readonly Token: string; readonly Datacenter: string };

interface Question<Argument, Reply, Value> {
	readonly fields: Partial<Argument>;
	readonly options: ReadOptions;
	readonly take: (reply: Reply) => Value;
	/** Of a list: the same bytes give the same object. What `take` does besides what the fields say. */
	readonly remember?: string;
}

/**
 * Asks a server; `take` takes the value out of its reply. What is staler than the question allows is asked of the leader: the
 * reference's servers leave that to who asks.
 */
export async function ask<Argument extends ReadArgument, Reply extends QueryMeta, Value>(
	caller: Caller,
	method: Method<Argument, Reply>,
	question: Question<Argument, Reply, Value>,
): Promise<Answer<Value>> {
	const { options } = question;
	const answer = await askOnce(caller, method, question);
	if (options.consistency !== "stale" || !isTooOld(answer, options.maxStaleMs)) return answer;
	return askOnce(caller, method, { ...question, options: { ...options, consistency: "default" } });
}

/** Whether the server had heard from the leader too long ago. */
export function isTooOld(answer: unknown, maxStaleMs: number | undefined): boolean {
	if (maxStaleMs === undefined || typeof answer !== "object" || answer === null) return false;
	return "lastContactMs" in answer && Number(answer.lastContactMs) > maxStaleMs;
}

async function askOnce<Argument extends ReadArgument, Reply extends QueryMeta, Value>(
	caller: Caller,
	method: Method<Argument, Reply>,
	{ fields, options, take, remember }: Question<Argument, Reply, Value>,
): Promise<Answer<Value>> {
	const answerOf = (reply: Reply): Answer<Value> => ({
		value: take(reply),
		index: Math.max(1, reply.Index),
		knownLeader: reply.KnownLeader,
		lastContactMs: reply.LastContact / nanosecondsPerMs,
	});
	const { memory } = caller;
	if (remember === undefined || memory === undefined) return answerOf(await askRaw(caller, method, fields, options));
	const question = `${method.name} ${remember} ${JSON.stringify(fields)}`;
	const reply = {
		read: (reader: Reader, encoded: Uint8Array) =>
			memory.answerTo(question, encoded, () => answerOf(method.reply.read(reader))),
	};
	return askRaw(caller, { ...method, reply }, fields, options);
}

/** As `ask`, for replies without what all reads tell. */
export function askRaw<Argument extends ReadArgument, Reply>(
	caller: Caller,
	method: CalledMethod<Argument, Reply>,
	fields: Partial<Argument>,
	options: ReadOptions,
): Promise<Reply> {
	const { minIndex, maxWaitMs, signal, consistency, datacenter } = options;
	const argument = { ...method.argument.zero, ...queryFields(options, caller.datacenter), ...fields };
	const isForLeader = consistency !== "stale" && isOwn(caller, datacenter);
	return caller.call(method, argument, { isRead: true, waitMs: minIndex === 0 ? 0 : maxWaitMs, signal, isForLeader });
}

export function command<Argument extends WriteArgument, Reply>(
	caller: Caller,
	method: Method<Argument, Reply>,
	fields: Partial<Argument>,
	{ datacenter, token }: WriteOptions,
): Promise<Reply> {
	const argument = { ...method.argument.zero, Datacenter: datacenter || caller.datacenter, Token: token, ...fields };
	return caller.call(method, argument, { isRead: false, waitMs: 0, isForLeader: isOwn(caller, datacenter) });
}

/** Another datacenter's leader is found by the server that is asked. */
function isOwn(caller: Caller, datacenter: string): boolean {
	return datacenter === "" || datacenter === caller.datacenter;
}

function queryFields(options: ReadOptions, own: string): Partial<ReadArgument> {
	const { datacenter, token, consistency, maxStaleMs, minIndex, maxWaitMs } = options;
	return {
		Datacenter: datacenter || own,
		Token: token,
		AllowStale: consistency === "stale",
		RequireConsistent: consistency === "consistent",
		MaxStaleDuration: Math.round((maxStaleMs ?? 0) * nanosecondsPerMs),
		MinQueryIndex: minIndex,
		MaxQueryTime: minIndex === 0 ? 0 : Math.round(maxWaitMs * nanosecondsPerMs),
	};
}

/** The other end of `ask`. */
export function servedRead<Argument extends ReadArgument, Reply extends QueryMeta, Value>(
	method: Method<Argument, Reply>,
	act: (argument: Argument, options: ReadOptions) => Promise<Answer<Value>>,
	fieldsOf: (value: Value) => Omit<Reply, keyof QueryMeta>,
): ServedMethod {
	const remembered = new WeakMap<object, EncodedList>();

	/** A list that is the same object as before was encoded before. */
	function encoded(answer: Answer<Value>): Uint8Array {
		const { value, index, knownLeader, lastContactMs } = answer;
		const list = Array.isArray(value) || value instanceof Map ? value : undefined;
		const known = list === undefined ? undefined : remembered.get(list);
		if (known?.index === index && known.knownLeader === knownLeader && known.lastContactMs === lastContactMs)
			return known.encoded;
		// The two parts are all of it.
		const made = encode(method.reply, { ...metaOf(answer), ...fieldsOf(value) } as unknown as Reply);
		if (list !== undefined) remembered.set(list, { index, knownLeader, lastContactMs, encoded: made });
		return made;
	}

	return {
		name: method.name,
		answer: (reader) => {
			const argument = method.argument.read(reader);
			return {
				run: async (call) => {
					const reply = encoded(await act(argument, readOptionsOf(argument, call)));
					return (writer) => writer.append(reply);
				},
			};
		},
	};
}

interface EncodedList {
	readonly index: number;
	readonly knownLeader: boolean;
	readonly lastContactMs: number;
	readonly encoded: Uint8Array;
}

const noMeta = Object.fromEntries(Object.entries(queryMeta).map(([name, codec]) => [name, codec.zero])) as QueryMeta;

export function metaOf({ index, knownLeader, lastContactMs }: Omit<Answer<unknown>, "value">): QueryMeta {
	return {
		...noMeta,
		Index: index,
		KnownLeader: knownLeader,
		LastContact: Math.round(lastContactMs * nanosecondsPerMs),
	};
}

export function readOptionsOf(argument: ReadArgument, { signal }: ServedCall): ReadOptions {
	const { Datacenter, Token, AllowStale, RequireConsistent, MaxStaleDuration, MinQueryIndex, MaxQueryTime } = argument;
	const waitMs = MaxQueryTime / nanosecondsPerMs;
	return {
		datacenter: Datacenter,
		token: Token,
		consistency: RequireConsistent ? "consistent" : AllowStale ? "stale" : "default",
		...(AllowStale && MaxStaleDuration > 0 ? { maxStaleMs: MaxStaleDuration / nanosecondsPerMs } : {}),
		minIndex: MinQueryIndex,
		maxWaitMs: waitMs <= 0 ? waitDefaultMs : Math.min(waitMs, waitMaxMs),
		signal,
	};
}

export function writeOptionsOf({ Datacenter, Token }: WriteArgument): WriteOptions {
	return { datacenter: Datacenter, token: Token };
}
