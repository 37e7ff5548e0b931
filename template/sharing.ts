import { createHash } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import { type Client, kvBytes } from "../client/index.ts";
import type { KvPair } from "../lib/api/index.ts";
import { formatDuration } from "../lib/duration.ts";
import type { Clock, Timer } from "../lib/env/index.ts";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import type { DedupConfig, TemplateConfig } from "./config/index.ts";

/** What a template was made from: values by the id of their dependency. */
export type SharedData = ReadonlyMap<string, unknown>;

/**
 * De-duplication (RUNNER.md): of programs with equal templates one, the leader, asks the agent and stores what it got under a
 * key that it holds locked; the others watch only that key.
 */
export interface Sharing {
	/** Whether this program asks for the data of the template at `position` itself. */
	leads(position: number): boolean;
	/** The leader has rendered a template from these data. */
	publish(position: number, data: SharedData): void;
	/** Begins to compete for the templates. */
	start(): void;
	/** Gives the locks up, with which the shared data go. */
	close(): Promise<void>;
}

/** The flag of Consul's own lock tool, which the reference uses. */
const lockFlag = 0x2ddccbc058a50c18n;
const sessionName = "Consul-Template de-duplication";
const retryMs = 5_000;

export interface SharingSettings {
	readonly client: Client;
	readonly clock: Clock;
	readonly config: DedupConfig;
	readonly templates: readonly TemplateConfig[];
	readonly contents: readonly string[];
	readonly waitMs: number;
	readonly log: Logger;
	/** Data of another program's leader. */
	readonly onData: (data: SharedData) => void;
	/** This program has become a leader, or none any more. */
	readonly onLead: () => void;
}

export function createSharing(settings: SharingSettings): Sharing {
	const { client, clock, config, log } = settings;
	const keys = settings.templates.map(
		(template, position) => `${config.prefix}${identity(template, settings.contents[position] ?? "")}/data`,
	);
	const leading = new Set<number>();
	const published = new Map<number, string>();
	const abort = new AbortController();
	const { signal } = abort;
	const loops: Promise<void>[] = [];
	let session: string | undefined;
	let renewal: Timer | undefined;

	function setLeading(position: number, leads: boolean): void {
		if (leading.has(position) === leads) return;
		if (leads) leading.add(position);
		else leading.delete(position);
		published.delete(position);
		log.info(`(dedup) ${leads ? "leader" : "no leader"} for ${keys[position]}`);
		settings.onLead();
	}

	async function keepSession(): Promise<void> {
		const alive = session !== undefined && (await client.session.renew(session)) !== undefined;
		if (!alive) {
			session = await client.session.create({
				Name: sessionName,
				Behavior: "delete",
				LockDelay: "1ms",
				TTL: formatDuration(config.ttlMs),
			});
		}
	}

	function renewLater(): void {
		renewal = clock.after(config.ttlMs / 2, () => {
			void keepSession()
				.catch((error: unknown) => log.warn(`(dedup) session: ${errorMessage(error)}`))
				.finally(() => {
					if (!signal.aborted) renewLater();
				});
		});
	}

	/** Follows one template's key: takes the lock when it is free, the data when somebody else has it. */
	async function compete(position: number): Promise<void> {
		const key = keys[position] ?? "";
		let index = 0;
		while (!signal.aborted) {
			try {
				if (session === undefined) await keepSession();
				const answer = await client.kv.get(key, { index, waitMs: settings.waitMs, signal });
				index = answer.index;
				const holder = answer.value?.Session;
				if (holder === undefined && session !== undefined) {
					const taken = await client.kv.put(key, "", { acquire: session, flags: lockFlag, signal });
					if (taken) setLeading(position, true);
					index = 0;
				} else if (holder !== session) {
					setLeading(position, false);
					if (answer.value !== undefined) take(answer.value);
				}
			} catch (error) {
				if (signal.aborted) return;
				log.warn(`(dedup) ${key}: ${errorMessage(error)}`);
				await pause(clock, retryMs, signal);
			}
		}
	}

	function take(pair: KvPair): void {
		const bytes = kvBytes(pair);
		if (bytes.length > 0) settings.onData(decodeShared(bytes));
	}

	return {
		leads: (position) => leading.has(position),
		publish(position, data) {
			const key = keys[position];
			const text = encodeText(data);
			if (key === undefined || session === undefined || published.get(position) === text) return;
			published.set(position, text);
			client.kv.put(key, deflateSync(text), { acquire: session, flags: lockFlag, signal }).catch((error: unknown) => {
				published.delete(position);
				if (!signal.aborted) log.warn(`(dedup) ${key}: ${errorMessage(error)}`);
			});
		},
		start() {
			renewLater();
			for (const position of keys.keys()) loops.push(compete(position));
		},
		async close() {
			abort.abort();
			renewal?.cancel();
			await Promise.all(loops);
			if (session !== undefined) await client.session.destroy(session).catch(() => undefined);
		},
	};
}

/** Programs share only templates of which source, contents and destination are equal. */
function identity(template: TemplateConfig, contents: string): string {
	const text = [template.source ?? "", contents, template.destination].join("\0");
	return createHash("sha256").update(text).digest("hex");
}

/** JSON has no bigint, which the flags of a key may be. */
function encodeText(data: SharedData): string {
	return JSON.stringify([...data], (_, value: unknown) =>
		typeof value === "bigint" ? { $bigint: String(value) } : value,
	);
}

function decodeShared(bytes: Uint8Array): SharedData {
	const pairs = JSON.parse(inflateSync(bytes).toString("utf8"), (_, value: unknown) =>
		typeof value === "object" && value !== null && "$bigint" in value ? BigInt(String(value.$bigint)) : value,
	) as [string, unknown][];
	return new Map(pairs);
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const timer = clock.after(delayMs, resolve);
		const stop = () => {
			timer.cancel();
			resolve();
		};
		signal.addEventListener("abort", stop, { once: true });
	});
}
