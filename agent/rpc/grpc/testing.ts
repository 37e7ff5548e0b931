import { CallEnd } from "../wire/call-end.ts";
import { catalogOps, decodeEvent, type SubscribeRequest, topics } from "./messages.ts";
import type { Subscriptions } from "./subscription.ts";

interface Update {
	readonly Op?: number;
	readonly CheckServiceNode: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface Event {
	readonly Index: number;
	readonly EndOfSnapshot?: boolean;
	readonly NewSnapshotToFollow?: boolean;
	readonly EventBatch?: { readonly Events: readonly { readonly ServiceHealth: Update }[] };
}

export type View = ReadonlyMap<string, unknown>;

/** Makes a view of events as the reference's clients do. */
export class Subscriber {
	/** 0: none yet, or it is being made anew. */
	index = 0;
	view: View = new Map();
	/** Views in their order, and the events between them. */
	readonly told: { readonly index: number; readonly view: View }[] = [];
	readonly kinds: string[] = [];
	#snapshot: Map<string, unknown> | undefined;

	/** `resumes`: of a subscription with this subscriber's index. */
	begin(resumes: boolean): void {
		this.#snapshot = resumes ? undefined : new Map();
	}

	take(encoded: Uint8Array): void {
		const event = decodeEvent(encoded) as unknown as Event;
		if (event.NewSnapshotToFollow === true) {
			this.kinds.push("new-snapshot");
			this.index = 0;
			this.view = new Map();
			this.#snapshot = new Map();
		} else if (event.EndOfSnapshot === true) {
			this.kinds.push("end-of-snapshot");
			if (this.#snapshot === undefined) throw new Error("the end of a snapshot that did not begin");
			this.#show(this.#snapshot, event.Index);
			this.#snapshot = undefined;
		} else {
			this.kinds.push(this.#snapshot === undefined ? "change" : "part");
			const into = this.#snapshot ?? new Map(this.view);
			for (const { ServiceHealth } of event.EventBatch?.Events ?? []) update(into, ServiceHealth);
			if (this.#snapshot === undefined) this.#show(into, event.Index);
		}
	}

	#show(view: View, index: number): void {
		this.index = index;
		this.view = view;
		this.told.push({ index, view });
	}
}

function update(view: Map<string, unknown>, { Op = catalogOps.register, CheckServiceNode }: Update): void {
	const key = `${CheckServiceNode["Node"]?.["Node"]}/${CheckServiceNode["Service"]?.["ID"]}`;
	if (Op === catalogOps.register) view.set(key, CheckServiceNode);
	else if (!view.delete(key)) throw new Error(`${key} is taken away, and was not there`);
}

/** One that takes events only when told to. */
export class PulledSubscriber extends Subscriber {
	readonly #subscriptions: Subscriptions;
	readonly #request: Partial<SubscribeRequest>;
	#end = new CallEnd();
	#events: AsyncGenerator<Uint8Array> | undefined;
	#taking: Promise<void> | undefined;
	/** What the subscription ended with. */
	failure: unknown;

	constructor(subscriptions: Subscriptions, request: Partial<SubscribeRequest>) {
		super();
		this.#subscriptions = subscriptions;
		this.#request = request;
	}

	get isTaking(): boolean {
		return this.#taking !== undefined;
	}

	/** Asks for the next event, unless it has done so already. */
	pull(): void {
		this.#events ??= this.#open();
		this.#taking ??= this.#events.next().then(
			({ value }) => {
				this.#taking = undefined;
				if (value !== undefined) this.take(value);
			},
			(error: unknown) => {
				this.failure = error;
			},
		);
	}

	/** The connection breaks; the next `pull` begins with what there is. */
	async disconnect(): Promise<void> {
		this.#end.abort();
		await this.#taking;
		await this.#events?.return(undefined);
		this.#events = undefined;
		this.#end = new CallEnd();
	}

	#open(): AsyncGenerator<Uint8Array> {
		const zero = { topic: topics.serviceHealth, key: "web", token: "", datacenter: "", peerName: "" };
		this.begin(this.index > 0);
		return this.#subscriptions.open({ ...zero, index: this.index, ...this.#request }, this.#end);
	}
}
