import type { CheckContent, ServiceContent } from "../rpc/index.ts";

/** A service with its checks, or the node's own part: what is carried into the catalog as one registration. */
export interface CatalogUnit {
	readonly service?: ServiceContent;
	readonly checks: ReadonlyMap<string, CheckContent>;
}

/** What makes the catalog's unit equal to the wanted one. Registering comes first, removing after it. */
export interface UnitChanges {
	/** Undefined when nothing has to be written. Only checks that differ are in it. */
	readonly register?: { readonly service?: ServiceContent; readonly checks: readonly CheckContent[] };
	readonly deregisterService: boolean;
	readonly deregisterChecks: readonly string[];
}

export const emptyUnit: CatalogUnit = { checks: new Map() };

/**
 * The difference between what this agent wants of one unit and what the catalog has.
 *
 * `ignoreOutput` names checks of which a change of output alone can wait (`check_update_interval`).
 */
export function unitChanges(
	wanted: CatalogUnit,
	present: CatalogUnit,
	ignoreOutput: (checkId: string) => boolean,
): UnitChanges {
	// Removing a service removes its checks with it.
	if (wanted.service === undefined && present.service !== undefined) {
		return { deregisterService: true, deregisterChecks: [] };
	}
	const checks = [...wanted.checks.values()].filter((check) => {
		const known = present.checks.get(check.checkId);
		return known === undefined || !sameCheck(check, known, ignoreOutput(check.checkId));
	});
	const serviceDiffers =
		wanted.service !== undefined && (present.service === undefined || !sameService(wanted.service, present.service));
	const deregisterChecks = [...present.checks.keys()].filter((checkId) => !wanted.checks.has(checkId));
	// A check may only come with its service: the catalog refuses a check of a service that is not there.
	return checks.length > 0 || serviceDiffers
		? {
				register: { ...(wanted.service === undefined ? {} : { service: wanted.service }), checks },
				deregisterService: false,
				deregisterChecks,
			}
		: { deregisterService: false, deregisterChecks };
}

/** Whether there is anything to do. */
export function isInSync(changes: UnitChanges): boolean {
	return changes.register === undefined && !changes.deregisterService && changes.deregisterChecks.length === 0;
}

/** The same content, whatever else (indexes, node) either record carries. */
function sameService(a: ServiceContent, b: ServiceContent): boolean {
	return (
		a.id === b.id &&
		a.service === b.service &&
		a.kind === b.kind &&
		a.address === b.address &&
		a.port === b.port &&
		a.enableTagOverride === b.enableTagOverride &&
		a.weights.passing === b.weights.passing &&
		a.weights.warning === b.weights.warning &&
		sameList(a.tags ?? [], b.tags ?? []) &&
		sameMap(a.meta ?? {}, b.meta ?? {}) &&
		sameMap(a.taggedAddresses ?? {}, b.taggedAddresses ?? {}, (x, y) => x.address === y.address && x.port === y.port)
	);
}

/** The same content as the catalog sees it: how the check is made does not count; with `ignoreOutput` nor does its output. */
function sameCheck(a: CheckContent, b: CheckContent, ignoreOutput = false): boolean {
	return (
		a.checkId === b.checkId &&
		a.name === b.name &&
		a.status === b.status &&
		a.notes === b.notes &&
		(ignoreOutput || a.output === b.output) &&
		a.serviceId === b.serviceId &&
		a.serviceName === b.serviceName &&
		sameList(a.serviceTags ?? [], b.serviceTags ?? [])
	);
}

/** Equal maps of texts (or of what `same` compares), in any order. */
export function sameMap<Value>(
	a: Readonly<Record<string, Value>>,
	b: Readonly<Record<string, Value>>,
	same: (x: Value, y: Value) => boolean = Object.is,
): boolean {
	const keys = Object.keys(a);
	return (
		keys.length === Object.keys(b).length &&
		keys.every((key) => Object.hasOwn(b, key) && same(a[key] as Value, b[key] as Value))
	);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((item, index) => item === b[index]);
}
