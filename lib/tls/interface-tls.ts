export type TlsVersion = "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** TLS of one interface (HTTPS, RPC, gRPC) as it was configured. Paths are of PEM files; an empty one was not given. */
export interface InterfaceTls {
	readonly caFile: string;
	/** A folder of such files; every file in it is read. */
	readonly caFolder: string;
	readonly certFile: string;
	readonly keyFile: string;
	readonly versionMin: TlsVersion;
	/** OpenSSL's names, for up to TLS 1.2; empty leaves the choice to Node. */
	readonly suites: readonly string[];
	/** Who connects must have a certificate of the authority. */
	readonly verifyIncoming: boolean;
	/** Whom we connect to must have one. */
	readonly verifyOutgoing: boolean;
}

/** Configured name (RFC 5246, RFC 5289, RFC 7905) -> OpenSSL's. Those that the reference takes. */
export const tlsSuites: Readonly<Record<string, string>> = Object.fromEntries(
	["ECDSA", "RSA"].flatMap((key) =>
		[
			["AES_128_CBC_SHA", "AES128-SHA"],
			["AES_128_GCM_SHA256", "AES128-GCM-SHA256"],
			["AES_256_CBC_SHA", "AES256-SHA"],
			["AES_256_GCM_SHA384", "AES256-GCM-SHA384"],
			["CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"],
		].map(([name, openSslName]) => [`TLS_ECDHE_${key}_WITH_${name}`, `ECDHE-${key}-${openSslName}`]),
	),
);
