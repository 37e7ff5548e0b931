import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { createCertificate, subjectOf } from "./index.ts";

const dayMs = 86_400_000;

/** Certificate and key, PEM. */
export interface TestPair {
	readonly cert: string;
	readonly key: string;
}

export interface TestAuthority extends TestPair {
	/** A certificate of this authority; `agedDays`: of so long ago, and past its time then. */
	issue(
		names: readonly string[],
		options?: { readonly usages?: readonly ("server" | "client")[]; readonly agedDays?: number },
	): TestPair;
}

/** An authority for tests; they are told apart by name. */
export function testAuthority(name: string): TestAuthority {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
	const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();
	const cert = createCertificate(
		{
			subject: [["CN", name]],
			publicKey,
			issuerPublicKey: publicKey,
			days: 1_000,
			nowMs: Date.now() - 500 * dayMs,
			authority: { permittedDomains: [] },
		},
		privateKey,
	);
	return {
		cert,
		key: pem(privateKey),
		issue(names, options = {}) {
			const { usages = ["server", "client"] as const, agedDays = 0 } = options;
			const own = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
			const issued = createCertificate(
				{
					subject: [["CN", names[0] ?? ""]],
					issuer: subjectOf(new X509Certificate(cert)),
					publicKey: own.publicKey,
					issuerPublicKey: publicKey,
					days: 2,
					nowMs: Date.now() - agedDays * dayMs,
					dnsNames: names,
					ipAddresses: ["127.0.0.1"],
					usages,
				},
				privateKey,
			);
			return { cert: issued, key: pem(own.privateKey) };
		},
	};
}
