import type { Address } from "../../../lib/env/index.ts";
import { formatIpAddress, ipAddressOf, parseIpAddress } from "../../../lib/ip-address.ts";
import type { Alive, NodeState } from "../wire/messages.ts";

/** `suspect` members are still treated as alive; `dead` ones did not answer, `left` ones said so. */
export type NodeStatus = "alive" | "suspect" | "dead" | "left";

/** A member as this one knows it. */
export interface PoolNode {
	readonly name: string;
	readonly address: Address;
	readonly meta: Uint8Array;
	/** Protocol lowest, highest, current; the same of the layer above. memberlist.md, section 4. */
	readonly versions: Uint8Array;
	readonly incarnation: number;
	readonly status: NodeStatus;
	/** Monotonic. */
	readonly statusSinceMs: number;
}

const states: readonly NodeStatus[] = ["alive", "suspect", "dead", "left"];

export function statusOf(state: number): NodeStatus | undefined {
	return states[state];
}

function stateOf(status: NodeStatus): number {
	return states.indexOf(status);
}

/** Whether nobody sends to it any more. */
export function isGone({ status }: { readonly status: NodeStatus }): boolean {
	return status === "dead" || status === "left";
}

/** The bytes of an address on the wire: 4 or 16; empty for what is no IP address. */
export function addressBytes(host: string): Uint8Array {
	return parseIpAddress(host)?.bytes ?? new Uint8Array();
}

/** Undefined for bytes that are no IP address. */
export function hostOf(bytes: Uint8Array | null): string | undefined {
	const address = bytes === null ? undefined : ipAddressOf(bytes);
	return address === undefined ? undefined : formatIpAddress(address);
}

export function aliveMessage(node: PoolNode): Alive {
	return {
		Incarnation: node.incarnation,
		Node: node.name,
		Addr: addressBytes(node.address.host),
		Port: node.address.port,
		Meta: node.meta,
		Vsn: node.versions,
	};
}

/** The node as a push/pull tells it. */
export function nodeStateOf(node: PoolNode): NodeState {
	const { Incarnation, Addr, Port, Meta, Vsn } = aliveMessage(node);
	return { Name: node.name, Addr, Port, Meta, Incarnation, State: stateOf(node.status), Vsn };
}

/** Whether the member's highest protocol has a feature. memberlist.md, section 4. */
export function supports(node: Pick<PoolNode, "versions">, feature: "streamPing" | "nack" | "crc"): boolean {
	const needed = { streamPing: 3, nack: 4, crc: 5 }[feature];
	return (node.versions[1] ?? 0) >= needed;
}
