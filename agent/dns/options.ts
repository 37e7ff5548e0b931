/** Values of the zone's SOA record, in seconds as they are sent (RFC 1035 section 3.3.13). */
export interface SoaOptions {
	readonly refreshSeconds: number;
	readonly retrySeconds: number;
	readonly expireSeconds: number;
	/** Also the TTL of the record itself, and so of negative answers (RFC 2308). */
	readonly minTtlSeconds: number;
}

export interface RecursorAddress {
	/** An IP address. */
	readonly host: string;
	readonly port: number;
}

/** What `domain`, `alt_domain`, `recursors`, `translate_wan_addrs` and the block `dns_config` say, parsed. */
export interface DnsOptions {
	/** Without a dot at either end; case is ignored. */
	readonly domain: string;
	/** A second domain with the same content; empty for none. */
	readonly altDomain: string;
	readonly nodeTtlMs: number;
	/** Service name -> TTL. A key that ends in `*` is a prefix; the exact name wins, then the longest prefix. */
	readonly serviceTtlMs: Readonly<Record<string, number>>;
	/** Leave out instances with a warning; critical ones are always left out. */
	readonly onlyPassing: boolean;
	/** Most answers over UDP without EDNS, capped at 8; 0 gives empty answers. */
	readonly udpAnswerLimit: number;
	/** Most address records for a service, on both transports; 0 for no limit. */
	readonly aRecordLimit: number;
	/** Set the TC bit on an answer that was cut, so that the client asks again over TCP. */
	readonly enableTruncate: boolean;
	readonly disableCompression: boolean;
	readonly soa: SoaOptions;
	/** Asked for names outside the domain, and for what a host name used as an address means. */
	readonly recursors: readonly RecursorAddress[];
	readonly recursorStrategy: "sequential" | "random";
	/** For one attempt at one recursor. */
	readonly recursorTimeoutMs: number;
	/** Answer from this server's state even if it is not the leader. */
	readonly allowStale: boolean;
	/** A stale answer older than this is asked again of the leader. */
	readonly maxStaleMs: number;
	/** For names of another datacenter, give `wan` tagged addresses. */
	readonly translateWanAddrs: boolean;
	/** Send a node's metadata as TXT records in the additional section. */
	readonly additionalNodeMetaTxt: boolean;
	/** Of a service's addresses those with a greater weight come first more often; otherwise all are equal. Not for SRV. */
	readonly weightedAnswers: boolean;
	/** When a lookup fails: give the last answer that was found if it is not older than this. 0: never. */
	readonly staleIfErrorMs: number;
	/** Questions that one client may ask in a second (and at once, in a burst); further ones are dropped. 0: any number. */
	readonly clientRateLimit: number;
	/** A line in the log for each question. */
	readonly logQueries: boolean;
}

/** The reference's defaults (Consul 1.14, `dns_config`). `max_stale` is 10 years: any known state is better than no answer. */
export const defaultDnsOptions: DnsOptions = Object.freeze({
	domain: "consul",
	altDomain: "",
	nodeTtlMs: 0,
	serviceTtlMs: Object.freeze({}),
	onlyPassing: false,
	udpAnswerLimit: 3,
	aRecordLimit: 0,
	enableTruncate: false,
	disableCompression: false,
	soa: Object.freeze({ refreshSeconds: 3600, retrySeconds: 600, expireSeconds: 86_400, minTtlSeconds: 0 }),
	recursors: Object.freeze([]),
	recursorStrategy: "sequential",
	recursorTimeoutMs: 2000,
	allowStale: true,
	maxStaleMs: 87_600 * 3_600_000,
	translateWanAddrs: false,
	additionalNodeMetaTxt: true,
	weightedAnswers: false,
	staleIfErrorMs: 0,
	clientRateLimit: 0,
	logQueries: false,
});
