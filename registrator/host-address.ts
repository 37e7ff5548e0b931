import { lookup } from "node:dns/promises";

/** The IPv4 address that the host's name resolves to, as the reference registers it for `0.0.0.0`; empty when it does not. */
export async function addressOfHost(hostName: string): Promise<string> {
	try {
		return (await lookup(hostName, { family: 4 })).address;
	} catch {
		return "";
	}
}
