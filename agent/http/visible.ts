import { allowAll } from "../acl/index.ts";
import type { CheckRecord, InstanceRecord } from "../rpc/index.ts";
import type { ApiRequest } from "./route.ts";

/** What the token may read; the same array when that is everything, so that its encoding can be shared. */
export function visible<Item>(
	request: ApiRequest,
	items: readonly Item[],
	allowed: (item: Item) => boolean,
): readonly Item[] {
	// With ACLs off nothing has to be looked at: a shared answer costs the same for ten and for ten thousand elements.
	if (request.authorizer === allowAll) return items;
	return items.every(allowed) ? items : items.filter(allowed);
}

export function mayReadNode(request: ApiRequest): (node: { readonly node: string }) => boolean {
	return ({ node }) => request.authorizer.allows({ resource: "node", access: "read" }, node);
}

export function mayReadService(request: ApiRequest): (name: string) => boolean {
	return (name) => request.authorizer.allows({ resource: "service", access: "read" }, name);
}

export function mayReadInstance(request: ApiRequest): (instance: InstanceRecord) => boolean {
	return ({ node, service }) => mayReadNode(request)(node) && mayReadService(request)(service.service);
}

/** A check needs its node, a service's check its service too. */
export function mayReadCheck(request: ApiRequest): (check: CheckRecord) => boolean {
	return (check) =>
		mayReadNode(request)(check) && (check.serviceName === "" || mayReadService(request)(check.serviceName));
}
