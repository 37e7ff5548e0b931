/** `host:port` or `[v6]:port`; undefined for anything else. */
export function splitHostPort(target: string): { readonly host: string; readonly port: number } | undefined {
	const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(target);
	if (match === null) return undefined;
	const port = Number(match[3]);
	return port > 65535 ? undefined : { host: match[1] ?? match[2] ?? "", port };
}
