import type { Permission } from "../acl/index.ts";
import type { TxnOperation, TxnResult } from "../rpc/index.ts";
import type { ApiRequest } from "./route.ts";
import { mayReadCheck, mayReadNode, mayReadService } from "./visible.ts";

/** What an operation needs before it may run, and for which name; what it only shows is left out of the answer instead. */
interface Need extends Permission {
	readonly name: string;
}

function needOf(operation: TxnOperation): Need | undefined {
	switch (operation.kind) {
		case "kv":
			if (/^get(?:-or-empty|-tree)?$/.test(operation.verb)) return undefined;
			return {
				resource: "key",
				access: operation.verb.startsWith("check-") ? "read" : "write",
				name: operation.key,
			};
		case "node":
			return operation.verb === "get" ? undefined : { resource: "node", access: "write", name: operation.node.node };
		case "service":
			return operation.verb === "get"
				? undefined
				: { resource: "service", access: "write", name: operation.service.service };
		case "check":
			if (operation.verb === "get") return undefined;
			return operation.check.serviceName === ""
				? { resource: "node", access: "write", name: operation.node }
				: { resource: "service", access: "write", name: operation.check.serviceName };
		case "session":
			return { resource: "session", access: "write", name: operation.id };
	}
}

/** The operations that the token may not do: errors of the operations, not of the request. */
export function deniedOperations(
	request: ApiRequest,
	operations: readonly TxnOperation[],
): readonly { readonly operation: number; readonly what: string }[] {
	return operations.flatMap((each, operation) => {
		const need = needOf(each);
		if (need === undefined || request.authorizer.allows(need, need.name)) return [];
		const what = `Permission denied: token lacks permission '${need.resource}:${need.access}' on ${JSON.stringify(need.name)}`;
		return [{ operation, what }];
	});
}

/** Whether the token may see a result. */
export function mayReadResult(request: ApiRequest): (result: TxnResult) => boolean {
	return (result) => {
		switch (result.kind) {
			case "kv":
				return !result.withValue || request.authorizer.allows({ resource: "key", access: "read" }, result.record.key);
			case "node":
				return mayReadNode(request)(result.record);
			case "service":
				return mayReadService(request)(result.record.service);
			case "check":
				return mayReadCheck(request)(result.record);
		}
	};
}
