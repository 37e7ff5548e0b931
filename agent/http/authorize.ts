import { DiscoError } from "../../lib/errors.ts";
import type { Permission } from "../acl/index.ts";
import type { ApiRequest } from "./route.ts";

/** Fails with `PERMISSION_DENIED`, which names the permission and the thing; never the token. */
export function authorize(request: ApiRequest, permission: Permission, name: string): void {
	if (request.authorizer.allows(permission, name)) return;
	const on = name === "" ? "" : ` on ${JSON.stringify(name)}`;
	throw new DiscoError(
		"PERMISSION_DENIED",
		`Permission denied: token lacks permission '${permission.resource}:${permission.access}'${on}`,
	);
}
