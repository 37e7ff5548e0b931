import type { LocalCheck } from "./local-agent.ts";

/** The checks by id, and found by their service without looking at all of them: an agent may hold ten thousand. */
export interface CheckTable {
	/** By check id, in the order of registration. */
	readonly all: ReadonlyMap<string, LocalCheck>;
	get(checkId: string): LocalCheck | undefined;
	/** Puts it in the place of the one with the same id. */
	set(check: LocalCheck): void;
	delete(checkId: string): void;
	/** Checks of a service; of the node for an empty id. */
	ofService(serviceId: string): Iterable<LocalCheck>;
	/** Checks that follow other checks. */
	aliases(): Iterable<LocalCheck>;
}

export function createCheckTable(): CheckTable {
	const all = new Map<string, LocalCheck>();
	const byService = new Map<string, Map<string, LocalCheck>>();
	const aliases = new Map<string, LocalCheck>();

	function remove(checkId: string): void {
		const known = all.get(checkId);
		if (known === undefined) return;
		const siblings = byService.get(known.content.serviceId);
		siblings?.delete(checkId);
		if (siblings?.size === 0) byService.delete(known.content.serviceId);
		aliases.delete(checkId);
	}

	return {
		all,
		get: (checkId) => all.get(checkId),
		set(check) {
			const { checkId, serviceId } = check.content;
			if (all.get(checkId)?.content.serviceId !== serviceId) remove(checkId);
			all.set(checkId, check);
			const siblings = byService.get(serviceId) ?? new Map<string, LocalCheck>();
			byService.set(serviceId, siblings.set(checkId, check));
			if (check.plan.kind === "alias") aliases.set(checkId, check);
			else aliases.delete(checkId);
		},
		delete(checkId) {
			remove(checkId);
			all.delete(checkId);
		},
		ofService: (serviceId) => byService.get(serviceId)?.values() ?? [],
		aliases: () => aliases.values(),
	};
}
