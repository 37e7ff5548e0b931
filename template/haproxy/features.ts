/** What the Runtime API of a version can do. */
export interface Features {
	/** `add server` and `del server`, with checks. */
	readonly addsServers: boolean;
	/** The two are only taken behind `experimental-mode on`. */
	readonly experimental: boolean;
}

/**
 * By version (`2.6.12-1+deb12u4`). `add server` came with 2.4, without health checks and for servers that were added only, so it is
 * used from 2.5 on, where it is still called experimental; 2.6 dropped that. A version that cannot be read can do little.
 */
export function featuresOf(version: string): Features {
	const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
	const number = Number(major) * 1000 + Number(minor);
	return { addsServers: number >= 2005, experimental: number === 2005 };
}
