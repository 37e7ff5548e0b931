import { readFile } from "node:fs/promises";

/** What to set, so that log, snapshots, checks, gossip and DNS have theirs, too. */
const advised = 65_536;

/**
 * What an operator should know when the process may not open a descriptor for each connection that it would take; undefined when
 * it may, or when nobody knows. `limits` is the text of `/proc/self/limits`. Node raises its own limit to the hard one at start.
 */
export function descriptorWarning(limits: string, connectionsMax: number): string | undefined {
	const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
	if (soft === undefined || soft === "unlimited") return undefined;
	if (Number(soft) >= connectionsMax) return undefined;
	return `only ${soft} file descriptors may be open, fewer than the ${connectionsMax} connections that the HTTP API takes; raise it to ${advised} with ulimit -n, LimitNOFILE= (systemd) or --ulimit nofile= (docker)`;
}

/** Of this process. Other systems than Linux do not tell. */
export async function ownDescriptorWarning(connectionsMax: number): Promise<string | undefined> {
	const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
	return descriptorWarning(limits, connectionsMax);
}
