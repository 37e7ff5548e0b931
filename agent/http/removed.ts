import { plainText } from "./reply.ts";
import type { Method, Operation, Route } from "./route.ts";

const legacyAclPaths = [
	"/v1/acl/create",
	"/v1/acl/update",
	"/v1/acl/destroy/",
	"/v1/acl/info/",
	"/v1/acl/clone/",
	"/v1/acl/list",
] as const;

/** Endpoints that went with the ACL system before 1.4: 410, so that an old client's author learns why. */
export const removedRoutes: readonly Route[] = legacyAclPaths.map((path) => ({ path, methods: gone(path) }));

function gone(path: string): Readonly<Record<Method, Operation>> {
	const operation: Operation = {
		permission: "open",
		handle: () =>
			plainText(
				410,
				`Endpoint ${path} for the legacy ACL system was removed in Consul 1.11; use /v1/acl/token and /v1/acl/policy`,
			),
	};
	return { GET: operation, PUT: operation, POST: operation, DELETE: operation };
}
