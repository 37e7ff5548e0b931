/** What HAProxy may do with a server: new requests, only what it has already (and clients bound to it), or nothing. */
export type AdminState = "ready" | "drain" | "maint";

/** A server of a backend as it should be. */
export interface Server {
	/** Unique in its backend. */
	readonly name: string;
	readonly address: string;
	readonly port: number;
	/** 0 to 256; 0 takes no new requests. */
	readonly weight: number;
	readonly state: AdminState;
}

/** A server as HAProxy has it. */
export interface RunningServer extends Server {
	/** Health checks: not configured, configured and not running, running. */
	readonly checks: "none" | "off" | "on";
}

/** Whether new requests go to it, as far as it is up to the configuration. */
export function takesRequests({ state, weight }: Server): boolean {
	return state === "ready" && weight > 0;
}

/** `10.0.0.1:80`, `[::1]:80`. */
export function endpointText({ address, port }: Pick<Server, "address" | "port">): string {
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What follows a server's weight on its line; `{name}` stands for its name (for `cookie {name}`). */
export function optionsOf(name: string, options: string): string {
	return options.replaceAll("{name}", name);
}
