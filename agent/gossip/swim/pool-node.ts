import { formatIpAddress, ipAddressOf, parseIpAddress } from "../../../lib/ip-address.ts";
import type { Alive, NodeState } from "../wire/messages.ts";
import type { Announcement } from "./node-directory.ts";

/** `suspect` members are still treated as alive; `dead` ones did not answer, `left` ones said so. */
export type NodeStatus = "alive" | "suspect" | "dead" | "left";

/** A member as this one knows it. */
export interface PoolNode {
	readonly name: string;
	/** What it says of itself. */
	readonly announcement: Announcement;
	readonly incarnation: number;
	readonly status: NodeStatus;
	/** Monotonic time since which it is dead or left; undefined for others. */
	readonly goneSinceMs: number | undefined;
}

const states: readonly NodeStatus[] = ["alive", "suspect", "dead", "left"];

export function statusOf(state: number): NodeStatus | undefined {
	return states[state];
}

export function stateOf(status: NodeStatus): number {
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

export function aliveMessage({ name, incarnation, announcement }: PoolNode): Alive {
	return {
		Incarnation: incarnation,
		Node: name,
		Addr: announcement.hostBytes,
		Port: announcement.address.port,
		Meta: announcement.meta,
		Vsn: announcement.versions,
	};
}

/** The node as a push/pull tells it. */
export function nodeStateOf(node: PoolNode): NodeState {
	const { Incarnation, Addr, Port, Meta, Vsn } = aliveMessage(node);
	return { Name: node.name, Addr, Port, Meta, Incarnation, State: stateOf(node.status), Vsn };
}

/** Whether the member's highest protocol has a feature. memberlist.md, section 4. */
export function supports(node: Pick<Announcement, "versions">, feature: "streamPing" | "nack" | "crc"): boolean {
	const needed = { streamPing: 3, nack: 4, crc: 5 }[feature];
	return (node.versions[1] ?? 0) >= needed;
}
