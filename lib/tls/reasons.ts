import { errorCode, errorMessage } from "../errors.ts";

const otherAuthority = "it is not of an authority in ca_file or ca_path (which must have the root)";
const expired = "it is past its time; make a new one (disco tls cert create)";
const forClients = "it is for the other role; make one with disco tls cert create -server, or -client";

/** OpenSSL's word for what is wrong with the peer's certificate -> what that means. */
const faults: Readonly<Record<string, string>> = {
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: otherAuthority,
	UNABLE_TO_GET_ISSUER_CERT: otherAuthority,
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: otherAuthority,
	SELF_SIGNED_CERT_IN_CHAIN: otherAuthority,
	DEPTH_ZERO_SELF_SIGNED_CERT: otherAuthority,
	CERT_SIGNATURE_FAILURE: otherAuthority,
	CERT_HAS_EXPIRED: expired,
	CERT_NOT_YET_VALID: "its time has not begun; look at the clocks",
	CERT_REVOKED: "it was revoked",
	INVALID_PURPOSE: forClients,
};

/** What the peer says of ours. */
const alerts: Readonly<Record<string, string>> = {
	ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the peer does not know the authority of our certificate (its ca_file)",
	ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "the peer says that our certificate is past its time",
	ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the peer refuses our certificate",
	ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: "the peer refuses our certificate: it is for the other role",
	ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the peer wants a certificate; give cert_file and key_file",
	ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: "the peer found nothing in common, or wants a certificate",
	ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "there is no TLS version that both speak (tls_min_version)",
	ERR_SSL_UNSUPPORTED_PROTOCOL: "there is no TLS version that both speak (tls_min_version)",
	ERR_SSL_VERSION_TOO_LOW: "there is no TLS version that both speak (tls_min_version)",
	ERR_SSL_NO_SHARED_CIPHER: "there is no cipher suite that both have (tls_cipher_suites)",
	ERR_SSL_WRONG_VERSION_NUMBER: "the peer does not speak TLS",
	ERR_SSL_NO_APPLICATION_PROTOCOL: "the peer speaks none of the protocols of this port",
	ERR_TLS_HANDSHAKE_TIMEOUT: "the handshake was not finished in time",
	ECONNRESET:
		"the peer ended the connection within the handshake; it refuses our certificate, or has none, or does not speak TLS",
};

/** What is wrong with a peer's certificate, by OpenSSL's word for it, with what to do. */
export function certificateFault(code: string): string {
	const why = Object.hasOwn(faults, code) ? faults[code] : undefined;
	return `its certificate is not accepted: ${why ?? code}`;
}

/** What a handshake failed for, with what to do. */
export function handshakeFault(error: unknown): string {
	const code = errorCode(error) ?? "";
	if (Object.hasOwn(faults, code)) return certificateFault(code);
	const known = Object.hasOwn(alerts, code) ? alerts[code] : undefined;
	if (known !== undefined) return known;
	// The names in its certificate are in this text.
	if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `its certificate has another name: ${errorMessage(error)}`;
	const reason = typeof error === "object" && error !== null && "reason" in error ? error.reason : undefined;
	return typeof reason === "string" ? reason : errorMessage(error);
}
