import { methods } from "../wire/methods.ts";
import type { Caller } from "./caller.ts";
import { command } from "./caller.ts";

/** Has a user event, encoded as gossip carries it, spread by the server that is asked. `name` is without prefix. */
export async function spreadEvent(
	caller: Caller,
	{ datacenter, name, payload }: { readonly datacenter: string; readonly name: string; readonly payload: Uint8Array },
): Promise<void> {
	await command(caller, methods.eventFire, { Name: name, Payload: payload }, { datacenter, token: "" });
}
