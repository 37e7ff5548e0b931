import { plainText } from "./reply.ts";
import type { Method, Operation, Route } from "./route.ts";

/** Endpoints of ACLs with what they answer to. */
const paths: Readonly<Record<string, readonly Method[]>> = {
	"/v1/acl/bootstrap": ["PUT"],
	"/v1/acl/login": ["POST"],
	"/v1/acl/logout": ["POST"],
	"/v1/acl/replication": ["GET"],
	"/v1/acl/policies": ["GET"],
	"/v1/acl/policy": ["PUT"],
	"/v1/acl/policy/": ["GET", "PUT", "DELETE"],
	"/v1/acl/policy/name/": ["GET"],
	"/v1/acl/roles": ["GET"],
	"/v1/acl/role": ["PUT"],
	"/v1/acl/role/": ["GET", "PUT", "DELETE"],
	"/v1/acl/role/name/": ["GET"],
	"/v1/acl/tokens": ["GET"],
	"/v1/acl/token": ["PUT"],
	"/v1/acl/token/": ["GET", "PUT", "DELETE"],
	"/v1/acl/token/self": ["GET"],
	"/v1/acl/auth-methods": ["GET"],
	"/v1/acl/auth-method": ["PUT"],
	"/v1/acl/auth-method/": ["GET", "PUT", "DELETE"],
	"/v1/acl/binding-rules": ["GET"],
	"/v1/acl/binding-rule": ["PUT"],
	"/v1/acl/binding-rule/": ["GET", "PUT", "DELETE"],
	"/v1/agent/token/": ["PUT"],
};

const disabled: Operation = { permission: "open", handle: () => plainText(401, "ACL support disabled") };

/** An agent without ACLs answers 401 to everything that is about them. */
export const aclOffRoutes: readonly Route[] = Object.entries(paths).map(([path, methods]) => ({
	path,
	methods: Object.fromEntries(methods.map((method) => [method, disabled])),
}));
