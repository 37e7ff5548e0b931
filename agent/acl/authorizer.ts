/** The kinds of things that rules speak of. */
export type Resource =
	| "agent"
	| "acl"
	| "event"
	| "key"
	| "keyring"
	| "node"
	| "operator"
	| "query"
	| "service"
	| "session";
export type Access = "read" | "list" | "write";

/** What a route or RPC method needs; declared with the route, from the first one on (decision 10). */
export interface Permission {
	readonly resource: Resource;
	readonly access: Access;
}

/** What one token may do. Made once per request from its token. */
export interface Authorizer {
	/** `name` is the key, service, node ... that is asked for; empty for a resource without names (operator). */
	allows(permission: Permission, name: string): boolean;
}

/** Until ACLs exist, and with ACLs off: everything. */
export const allowAll: Authorizer = { allows: () => true };
