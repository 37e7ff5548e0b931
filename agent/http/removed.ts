import { plainText } from "./reply.ts";
import type { Method, Operation, Route } from "./route.ts";

const legacyAclPaths: Readonly<Record<string, Method>> = {
	"/v1/acl/create": "PUT",
	"/v1/acl/update": "PUT",
	"/v1/acl/destroy/": "PUT",
	"/v1/acl/info/": "GET",
	"/v1/acl/clone/": "PUT",
	"/v1/acl/list": "GET",
	"/v1/acl/rules/translate": "POST",
	"/v1/acl/rules/translate/": "GET",
};

/** Endpoints that went with the legacy ACL system: 410, so that an old client's author learns why. */
export const removedRoutes: readonly Route[] = Object.entries(legacyAclPaths).map(([path, method]) => ({
	path,
	methods: { [method]: gone(path) },
}));

function gone(path: string): Operation {
	return {
		permission: "open",
		handle: () =>
			plainText(
				410,
				`Endpoint ${path} for the legacy ACL system was removed in Consul 1.11; use /v1/acl/token and /v1/acl/policy`,
			),
	};
}
