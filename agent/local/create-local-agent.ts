import type { CheckStatus } from "../../lib/api/index.ts";
import type { Clock, Random, Timer } from "../../lib/env/index.ts";
import { DiscoError, errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { CheckContent, Endpoints, ServiceContent, ServiceRecord } from "../rpc/index.ts";
import { aliasOutcome } from "./alias.ts";
import { type CatalogUnit, emptyUnit } from "./catalog-diff.ts";
import { createCatalogSync, type NodeIdentity, nodeUnit } from "./catalog-sync.ts";
import { createCheckTable } from "./check-table.ts";
import {
	completeCheck,
	completeService,
	completeServiceChecks,
	copiedFromService,
	limitOutput,
	outputSizeBytesDefault,
} from "./defaults.ts";
import type { AgentMemberRecord, CheckPlan, CheckRunner, LocalAgent, LocalCheck, LocalService } from "./local-agent.ts";
import type { LocalStore } from "./local-store.ts";
import { maintenanceCheck, nodeMaintenanceId, serviceMaintenanceId } from "./maintenance.ts";
import { followRemoteAlias } from "./remote-alias.ts";

export interface LocalAgentOptions {
	readonly identity: NodeIdentity;
	/**
	 * What the node's own entry has besides: the service `consul` on servers, and the check `serfHealth`. Undefined where the
	 * servers' leader keeps both.
	 */
	readonly own: { readonly service?: ServiceContent; readonly checks: readonly CheckContent[] } | undefined;
	readonly store: LocalStore;
	readonly endpoints: Endpoints;
	readonly runner: CheckRunner;
	readonly clock: Clock;
	readonly random: Random;
	readonly logger: Logger;
	readonly members: () => readonly AgentMemberRecord[];
	/** Checks that run a command may come from the API, from configuration files. */
	readonly scriptChecks: { readonly api: boolean; readonly file: boolean };
	/** Token for what was registered without one. */
	readonly defaultToken?: string;
	/** Longest wait of a write for the catalog; 2 s unless given. */
	readonly syncWaitMs?: number;
	/** Full comparison with the catalog each so often; 60 s unless given. */
	readonly compareIntervalMs?: number;
	/** Largest output of a check that is kept, in bytes; what a check asks for counts below it. 4096 unless given. */
	readonly outputSizeBytesMax?: number;
	/** Outputs are not kept at all (`discard_check_output`). */
	readonly discardOutput?: boolean;
	/** Shortest time after which the service of a critical check is removed; 1 min unless given. */
	readonly deregisterAfterMsMin?: number;
	/** How long a change of a check's output alone may wait (`check_update_interval`); 5 min unless given, 0 never waits. */
	readonly outputWaitMs?: number;
}

/** `LocalAgent` with what only the composition root and the check runner use. */
export interface RunningLocalAgent extends LocalAgent {
	/** A probe's outcome. Unknown ids are ignored: the check may just have been removed. */
	reportCheck(checkId: string, status: CheckStatus, output: string): void;
	/** Compares everything with the catalog now. */
	compare(): Promise<void>;
	/** Drops what came from files (with `api`: everything) and is not in `keep`; for a reload. */
	dropOthers(
		keep: { readonly serviceIds: ReadonlySet<string>; readonly checkIds: ReadonlySet<string> },
		api: boolean,
	): Promise<void>;
	/** Stops checks, timers and anti-entropy; what is on disk stays. Idempotent. */
	close(): void;
}

const syncWaitMsDefault = 2_000;
const compareIntervalMsDefault = 60_000;
const outputWaitMsDefault = 5 * 60_000;
/** Below this a service would be removed by a short outage; the reference has the same floor. */
const deregisterAfterMsMinDefault = 60_000;

type Source = "api" | "file";

/**
 * Loads what was registered before, starts its checks and anti-entropy. Fails with `LOCAL_STATE_CORRUPT`.
 *
 * Writes are applied one after the other per call, in the order: memory, disk, catalog. What is in memory only (a crash before
 * the disk) was never acknowledged.
 */
export async function createLocalAgent(options: LocalAgentOptions): Promise<RunningLocalAgent> {
	const { store, runner, clock, random, logger } = options;
	const services = new Map<string, LocalService>();
	const checks = createCheckTable();
	const sources = new Map<string, Source>();
	/** Checks whose new output alone waits for its timer. */
	const outputTimers = new Map<string, Timer>();
	/** Timers that remove a service whose check stays critical. */
	const removalTimers = new Map<string, Timer>();
	const listeners = new Set<() => void>();
	/** Ends the following of other nodes, by the id of the alias check. */
	const remoteAliases = new Map<string, () => void>();
	const ttlSaved = new Map<string, { status: CheckStatus; output: string; expiresAtMs: number }>();
	const outputWaitMs = options.outputWaitMs ?? outputWaitMsDefault;
	let closed = false;

	const sync = createCatalogSync({
		identity: options.identity,
		leaderKeeps: options.own === undefined,
		endpoints: options.endpoints,
		clock,
		random,
		logger,
		intervalMs: options.compareIntervalMs ?? compareIntervalMsDefault,
		clusterSize: () => options.members().length,
		units: () => [nodeUnit, ...services.keys()],
		wanted,
		tokenOf: (unit) => services.get(unit)?.token || (options.defaultToken ?? ""),
		unitOfCheck: (checkId) => checks.get(checkId)?.content.serviceId,
		outputMayWait: (checkId) => outputTimers.has(checkId),
		adopt: adoptTags,
	});

	function wanted(unit: string, checkIds?: Iterable<string>): CatalogUnit {
		const service = unit === nodeUnit ? options.own?.service : services.get(unit)?.content;
		if (unit !== nodeUnit && service === undefined) return emptyUnit;
		const content = new Map<string, CheckContent>();
		if (checkIds === undefined) {
			if (unit === nodeUnit) for (const check of options.own?.checks ?? []) content.set(check.checkId, check);
			for (const check of checks.ofService(unit)) content.set(check.content.checkId, check.content);
		} else {
			for (const id of checkIds) {
				const check = wantedCheck(unit, id);
				if (check !== undefined) content.set(id, check);
			}
		}
		return service === undefined ? { checks: content } : { service, checks: content };
	}

	function wantedCheck(unit: string, id: string): CheckContent | undefined {
		const check = checks.get(id)?.content;
		if (check?.serviceId === unit) return check;
		return unit === nodeUnit ? options.own?.checks.find(({ checkId }) => checkId === id) : undefined;
	}

	/** `EnableTagOverride`: others may change the tags in the catalog, and the agent takes them over. */
	function adoptTags(present: readonly ServiceRecord[]): void {
		for (const record of present) {
			const local = services.get(record.id);
			if (local === undefined || !local.content.enableTagOverride) continue;
			services.set(record.id, { ...local, content: Object.freeze({ ...local.content, tags: record.tags }) });
		}
	}

	/** `checkIds`: nothing but these checks changed. Waits for the catalog, but not for ever: without a leader the registration is kept and carried over later. */
	async function synced(units: Iterable<string>, checkIds?: readonly string[]): Promise<void> {
		for (const listener of listeners) listener();
		const done = Promise.all([...units].map((unit) => sync.push(unit, checkIds)));
		let timer: Timer | undefined;
		const waited = new Promise<void>((resolve) => {
			timer = clock.after(options.syncWaitMs ?? syncWaitMsDefault, resolve);
		});
		await Promise.race([done, waited]);
		timer?.cancel();
	}

	function refuseScripts(plan: CheckPlan, source: Source): void {
		if (plan.kind !== "script" && !(plan.kind === "docker" && plan.args !== undefined)) return;
		if (options.scriptChecks[source]) return;
		throw new DiscoError(
			"CHECK_INVALID",
			source === "api"
				? "checks that run a command are not taken over HTTP by this agent; set enable_script_checks to true"
				: "checks that run a command are off; set enable_local_script_checks (files only) or enable_script_checks to true",
		);
	}

	function putCheck(given: LocalCheck, source: Source, restored: boolean): void {
		const check = withinLimits(given);
		const id = check.content.checkId;
		forgetTimers(id);
		checks.set(check);
		sources.set(`check ${id}`, source);
		watchCritical(check);
		runner.start(check.plan, { restored });
		followRemote(check);
		updateAliases(check.content.serviceId);
		if (check.plan.alias !== undefined) updateAlias(check);
	}

	/** What the check asks for, within what the agent allows. */
	function withinLimits(check: LocalCheck): LocalCheck {
		const sizeBytesMax = options.outputSizeBytesMax ?? outputSizeBytesDefault;
		const asked = check.plan.outputSizeBytesMax || sizeBytesMax;
		return { ...check, plan: { ...check.plan, outputSizeBytesMax: Math.min(asked, sizeBytesMax) } };
	}

	/** An alias check of another node is fed from the catalog. */
	function followRemote({ plan, content, token }: LocalCheck): void {
		remoteAliases.get(content.checkId)?.();
		remoteAliases.delete(content.checkId);
		const { alias } = plan;
		if (alias === undefined || isOwnNode(alias.node)) return;
		const { checkId } = content;
		const stop = followRemoteAlias(alias, checkId, {
			endpoints: options.endpoints,
			clock,
			random,
			token: token || (options.defaultToken ?? ""),
			report: ({ status, output }) => reportCheck(checkId, status, output),
		});
		remoteAliases.set(checkId, stop);
	}

	function isOwnNode(name: string): boolean {
		return name === "" || name.toLowerCase() === options.identity.node.toLowerCase();
	}

	function dropCheck(id: string): void {
		const known = checks.get(id);
		runner.stop(id);
		remoteAliases.get(id)?.();
		remoteAliases.delete(id);
		forgetTimers(id);
		checks.delete(id);
		sources.delete(`check ${id}`);
		ttlSaved.delete(id);
		if (known !== undefined) updateAliases(known.content.serviceId);
	}

	async function eraseCheck(id: string): Promise<void> {
		await Promise.all([store.removeCheck(id), store.removeTtlState(id)]);
	}

	function forgetTimers(checkId: string): void {
		outputTimers.get(checkId)?.cancel();
		outputTimers.delete(checkId);
		removalTimers.get(checkId)?.cancel();
		removalTimers.delete(checkId);
	}

	function watchCritical(check: LocalCheck): void {
		const { checkId, serviceId, status } = check.content;
		if (status !== "critical" || serviceId === "" || check.plan.deregisterCriticalServiceAfterMs <= 0) {
			removalTimers.get(checkId)?.cancel();
			removalTimers.delete(checkId);
			return;
		}
		if (removalTimers.has(checkId)) return;
		const delayMs = Math.max(
			options.deregisterAfterMsMin ?? deregisterAfterMsMinDefault,
			check.plan.deregisterCriticalServiceAfterMs,
		);
		const timer = clock.after(delayMs, () => {
			logger.info("a check was critical for too long; its service is deregistered", {
				check: checkId,
				service: serviceId,
			});
			agent.deregisterService(serviceId).catch((error: unknown) => {
				logger.error("the service of a critical check could not be deregistered", { error: errorMessage(error) });
			});
		});
		removalTimers.set(checkId, timer);
	}

	/** Alias checks of this node follow the checks of the service (or of the node) that they name. */
	function updateAliases(serviceId: string): void {
		for (const check of [...checks.aliases()]) {
			if (check.plan.alias?.serviceId === serviceId || serviceId === "") updateAlias(check);
		}
	}

	function updateAlias({ plan, content }: LocalCheck): void {
		const { alias } = plan;
		if (alias === undefined || !isOwnNode(alias.node)) return;
		const counting = [...checks.ofService(alias.serviceId), ...(alias.serviceId === "" ? [] : checks.ofService(""))];
		const { status, output } = aliasOutcome(
			alias,
			services.has(alias.serviceId),
			counting.map((check) => check.content),
			content.checkId,
		);
		agent.reportCheck(content.checkId, status, output);
	}

	/** Every copy of tags and name in a service's checks follows the service. */
	function refreshChecksOf(service: ServiceContent): LocalCheck[] {
		const changed: LocalCheck[] = [];
		for (const check of [...checks.ofService(service.id)]) {
			const copied = copiedFromService(service);
			const same =
				check.content.serviceName === copied.serviceName &&
				JSON.stringify(check.content.serviceTags) === JSON.stringify(copied.serviceTags);
			if (same) continue;
			const plan = { ...check.plan, content: { ...check.plan.content, ...copied } };
			const next = { ...check, plan, content: Object.freeze({ ...check.content, ...copied }) };
			checks.set(next);
			changed.push(next);
		}
		return changed;
	}

	/** Registering again must not throw away what is known of a check's health, whatever the check was (recorded). */
	function withKnownHealth(content: CheckContent): CheckContent {
		const known = checks.get(content.checkId)?.content;
		return Object.freeze(known === undefined ? content : { ...content, status: known.status, output: known.output });
	}

	async function registerService(
		given: ServiceContent,
		plans: readonly CheckPlan[],
		how: { token: string; replaceExistingChecks: boolean; source?: Source },
	): Promise<void> {
		const source = how.source ?? "api";
		const service = completeService(given);
		const completed = completeServiceChecks(plans, service);
		for (const plan of completed) refuseScripts(plan, source);
		const local: LocalService = { content: service, token: how.token };
		const added = completed.map((plan): LocalCheck => {
			return { plan, content: withKnownHealth(plan.content), token: how.token };
		});
		const addedIds = new Set(added.map((check) => check.content.checkId));
		const replaced = how.replaceExistingChecks
			? [...checks.ofService(service.id)].filter(
					({ content }) =>
						content.serviceId === service.id &&
						!addedIds.has(content.checkId) &&
						content.checkId !== serviceMaintenanceId(service.id),
				)
			: [];
		services.set(service.id, local);
		sources.set(`service ${service.id}`, source);
		for (const check of replaced) dropCheck(check.content.checkId);
		const refreshed = refreshChecksOf(service);
		for (const check of added) putCheck(check, source, false);
		updateAliases(service.id);
		if (source === "api") {
			await Promise.all([
				store.saveService(local),
				...replaced.map((check) => eraseCheck(check.content.checkId)),
				...[...refreshed.filter((check) => !addedIds.has(check.content.checkId)), ...added].map(store.saveCheck),
			]);
		}
		await synced([service.id]);
	}

	async function deregisterService(id: string): Promise<void> {
		if (!services.delete(id))
			throw new DiscoError(
				"SERVICE_UNKNOWN",
				`there is no service with the id "${id}" here; give its id, not its name`,
			);
		sources.delete(`service ${id}`);
		const gone = [...checks.ofService(id)];
		for (const check of gone) dropCheck(check.content.checkId);
		updateAliases(id);
		await Promise.all([store.removeService(id), ...gone.map((check) => eraseCheck(check.content.checkId))]);
		await synced([id]);
	}

	async function registerCheck(given: CheckPlan, how: { token: string; source?: Source }): Promise<void> {
		const source = how.source ?? "api";
		const serviceId = given.content.serviceId;
		const service = services.get(serviceId);
		if (serviceId !== "" && service === undefined) {
			throw new DiscoError("SERVICE_UNKNOWN", `there is no service with the id "${serviceId}" here for the check`);
		}
		refuseScripts(given, source);
		const plan = completeCheck(given, service?.content);
		const moved = checks.get(plan.content.checkId)?.content.serviceId;
		const check: LocalCheck = { plan, content: withKnownHealth(plan.content), token: how.token };
		putCheck(check, source, false);
		if (source === "api") await store.saveCheck(check);
		await synced(new Set(moved === undefined ? [serviceId] : [serviceId, moved]), [plan.content.checkId]);
	}

	async function deregisterCheck(id: string): Promise<void> {
		const known = checks.get(id);
		if (known === undefined)
			throw new DiscoError("CHECK_UNKNOWN", `there is no check with the id "${id}" here; give its id, not its name`);
		dropCheck(id);
		await eraseCheck(id);
		await synced([known.content.serviceId], [id]);
	}

	async function saveTtlState(checkId: string, status: CheckStatus, output: string, ttlMs: number): Promise<void> {
		const nowMs = clock.nowMs();
		const saved = ttlSaved.get(checkId);
		// A heartbeat that says the same only moves the end: written when half of the time that is on disk has passed.
		if (saved?.status === status && saved.output === output && saved.expiresAtMs - nowMs > ttlMs / 2) return;
		const state = { checkId, status, output, expiresAtMs: nowMs + ttlMs };
		ttlSaved.set(checkId, state);
		await store.saveTtlState(state);
	}

	async function updateTtlCheck(id: string, status: CheckStatus, given: string): Promise<void> {
		const known = checks.get(id);
		if (known === undefined)
			throw new DiscoError("CHECK_UNKNOWN", `there is no check with the id "${id}" here; give its id, not its name`);
		if (known.plan.kind !== "ttl") {
			throw new DiscoError(
				"CHECK_NOT_TTL",
				`check "${id}" is a ${known.content.type} check: the agent finds out its status itself`,
			);
		}
		const output =
			options.discardOutput === true ? "" : limitOutput(given, known.plan.outputSizeBytesMax || outputSizeBytesDefault);
		runner.renew(id, known.plan.ttlMs, output);
		const changed = setOutcome(known, status, output);
		await saveTtlState(id, status, output, known.plan.ttlMs);
		if (changed) await synced([known.content.serviceId], [id]);
	}

	/** True when something changed. */
	function setOutcome(known: LocalCheck, status: CheckStatus, output: string): boolean {
		if (known.content.status === status && known.content.output === output) return false;
		const next = { ...known, content: Object.freeze({ ...known.content, status, output }) };
		checks.set(next);
		watchCritical(next);
		if (known.content.status !== status) updateAliases(next.content.serviceId);
		return true;
	}

	function reportCheck(checkId: string, status: CheckStatus, given: string): void {
		const known = checks.get(checkId);
		const output = options.discardOutput === true ? "" : given;
		if (closed || known === undefined || !setOutcome(known, status, output)) return;
		for (const listener of listeners) listener();
		// A new text alone waits: probes that print the time would otherwise write on every run. The first text does not.
		if (known.content.status === status && known.content.output !== "" && outputWaitMs > 0) {
			if (outputTimers.has(checkId)) return;
			const timer = clock.after(outputWaitMs * (0.5 + random.next()), () => {
				outputTimers.delete(checkId);
				void sync.push(known.content.serviceId, [checkId]);
			});
			outputTimers.set(checkId, timer);
			return;
		}
		outputTimers.get(checkId)?.cancel();
		outputTimers.delete(checkId);
		void sync.push(known.content.serviceId, [checkId]);
	}

	async function setMaintenance(
		service: LocalService | undefined,
		enable: boolean,
		reason: string,
		token: string,
	): Promise<void> {
		const id = service === undefined ? nodeMaintenanceId : serviceMaintenanceId(service.content.id);
		// Recorded: enabling twice keeps the first reason, disabling twice is fine.
		if (checks.all.has(id) === enable) return;
		if (!enable) return deregisterCheck(id);
		const plan = maintenanceCheck(service?.content, reason);
		const check: LocalCheck = { plan, content: Object.freeze(plan.content), token };
		putCheck(check, "api", false);
		await store.saveCheck(check);
		await synced([plan.content.serviceId], [id]);
	}

	const agent: RunningLocalAgent = {
		nodeName: options.identity.node,
		services: () => services,
		checks: () => checks.all,
		registerService,
		deregisterService,
		registerCheck,
		deregisterCheck,
		updateTtlCheck,
		serviceMaintenance: async (id, enable, reason, token) => {
			const service = services.get(id);
			if (service === undefined)
				throw new DiscoError(
					"SERVICE_UNKNOWN",
					`there is no service with the id "${id}" here; give its id, not its name`,
				);
			await setMaintenance(service, enable, reason, token);
		},
		nodeMaintenance: (enable, reason, token) => setMaintenance(undefined, enable, reason, token),
		members: options.members,
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		reportCheck,
		compare: () => sync.compare(),
		async dropOthers(keep, api) {
			for (const id of [...services.keys()]) {
				if (keep.serviceIds.has(id) || (sources.get(`service ${id}`) === "api" && !api)) continue;
				await deregisterService(id);
			}
			for (const id of [...checks.all.keys()]) {
				const check = checks.get(id);
				if (check === undefined || keep.checkIds.has(id) || keep.serviceIds.has(check.content.serviceId)) continue;
				if (sources.get(`check ${id}`) === "api" && !api) continue;
				await deregisterCheck(id);
			}
		},
		close() {
			if (closed) return;
			closed = true;
			for (const id of checks.all.keys()) runner.stop(id);
			for (const stop of remoteAliases.values()) stop();
			for (const id of checks.all.keys()) forgetTimers(id);
			sync.close();
		},
	};

	await restore();
	sync.start();
	return agent;

	async function restore(): Promise<void> {
		const kept = await store.load();
		for (const service of kept.services) {
			services.set(service.content.id, service);
			sources.set(`service ${service.content.id}`, "api");
		}
		const ttlStates = new Map(kept.ttlStates.map((state) => [state.checkId, state]));
		for (const check of kept.checks) {
			const { checkId, serviceId } = check.content;
			if (serviceId !== "" && !services.has(serviceId)) {
				// The service was removed and the crash came before its checks were: finish that.
				await eraseCheck(checkId);
				continue;
			}
			const state = ttlStates.get(checkId);
			const leftMs = state === undefined ? 0 : state.expiresAtMs - clock.nowMs();
			if (state === undefined || leftMs <= 0) {
				putCheck(check, "api", true);
				continue;
			}
			const content = Object.freeze({ ...check.content, status: state.status, output: state.output });
			putCheck({ ...check, content }, "api", true);
			ttlSaved.set(checkId, state);
			runner.renew(checkId, leftMs, state.output);
		}
	}
}
