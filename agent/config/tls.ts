import { DiscoError } from "../../lib/errors.ts";
import { type InterfaceTls, type TlsVersion, tlsSuites } from "../../lib/tls/index.ts";
import type { Fragment } from "./keys.ts";

/** TLS of each interface, with what `tls.defaults` says for all of them. */
export interface TlsConfig {
	readonly https: InterfaceTls;
	readonly grpc: InterfaceTls;
	/** Between agents. */
	readonly internalRpc: InterfaceTls & { readonly verifyServerHostname: boolean };
}

type Given = NonNullable<NonNullable<Fragment["tls"]>["https"]>;

const versions: Readonly<Record<string, TlsVersion>> = {
	TLS_AUTO: "TLSv1.2",
	TLSv1_0: "TLSv1",
	TLSv1_1: "TLSv1.1",
	TLSv1_2: "TLSv1.2",
	TLSv1_3: "TLSv1.3",
};

/** The older key's spellings -> those of now. */
export const olderTlsVersions: Readonly<Record<string, string>> = {
	tls10: "TLSv1_0",
	tls11: "TLSv1_1",
	tls12: "TLSv1_2",
	tls13: "TLSv1_3",
};

/** Fails with `CONFIG_INVALID`. Files are not read here, but whether the needed ones are given is checked, as in the reference. */
export function tlsConfig(given: Fragment): TlsConfig {
	const { defaults = {}, https = {}, grpc = {}, internal_rpc: internalRpc = {} } = given.tls ?? {};
	for (const [name, block] of Object.entries({ defaults, https, grpc })) {
		if (block.verify_server_hostname === true) {
			throw invalid(`tls.${name}.verify_server_hostname: is for tls.internal_rpc only; write it there`);
		}
	}
	if (grpc.verify_outgoing === true) {
		throw invalid("tls.grpc.verify_outgoing: nothing connects to others over gRPC; leave it out");
	}
	const verifyServerHostname = internalRpc.verify_server_hostname ?? false;
	const rpc = interfaceTls("internal_rpc", { ...defaults, ...internalRpc });
	return {
		https: checked("https", interfaceTls("https", { ...defaults, ...https })),
		grpc: checked("grpc", { ...interfaceTls("grpc", { ...defaults, ...grpc }), verifyOutgoing: false }),
		// Whoever checks names checks certificates.
		internalRpc: {
			...checked("internal_rpc", { ...rpc, verifyOutgoing: rpc.verifyOutgoing || verifyServerHostname }),
			verifyServerHostname,
		},
	};
}

function interfaceTls(name: string, given: Given): InterfaceTls {
	const version = given.tls_min_version || "TLSv1_2";
	const versionMin = Object.hasOwn(versions, version) ? versions[version] : undefined;
	if (versionMin === undefined) {
		throw invalid(`tls.${name}.tls_min_version: "${version}" is not one of ${Object.keys(versions).join(", ")}`);
	}
	const suites = (given.tls_cipher_suites ?? "").split(",").filter((suite) => suite !== "");
	if (suites.length > 0 && versionMin === "TLSv1.3") {
		throw invalid(`tls.${name}.tls_cipher_suites: cannot be chosen when tls_min_version is TLSv1_3; leave them out`);
	}
	return {
		caFile: given.ca_file ?? "",
		caFolder: given.ca_path ?? "",
		certFile: given.cert_file ?? "",
		keyFile: given.key_file ?? "",
		versionMin,
		suites: suites.map((suite) => {
			const openSslName = Object.hasOwn(tlsSuites, suite) ? tlsSuites[suite] : undefined;
			if (openSslName !== undefined) return openSslName;
			throw invalid(
				`tls.${name}.tls_cipher_suites: "${suite}" is not one of ${Object.keys(tlsSuites).join(", ")}, divided by commas`,
			);
		}),
		verifyIncoming: given.verify_incoming ?? false,
		verifyOutgoing: given.verify_outgoing ?? false,
	};
}

function checked(name: string, tls: InterfaceTls): InterfaceTls {
	const hasAuthority = tls.caFile !== "" || tls.caFolder !== "";
	for (const [key, isOn] of [
		["verify_incoming", tls.verifyIncoming],
		["verify_outgoing", tls.verifyOutgoing],
	] as const) {
		if (isOn && !hasAuthority) {
			throw invalid(`tls.${name}.${key}: needs the authority's certificate; give ca_file or ca_path`);
		}
	}
	if (tls.verifyIncoming && (tls.certFile === "" || tls.keyFile === "")) {
		throw invalid(`tls.${name}.verify_incoming: needs a certificate of its own; give cert_file and key_file`);
	}
	return tls;
}

function invalid(text: string): DiscoError {
	return new DiscoError("CONFIG_INVALID", text);
}
