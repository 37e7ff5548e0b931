import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { createCertificate } from "./certificate.ts";
import { objectIdentifier, time, unsignedInteger } from "./der.ts";
import { subjectOf } from "./issuer.ts";

const nowMs = Date.UTC(2026, 0, 1);

function authority() {
	const keys = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
	const pem = createCertificate(
		{
			subject: [
				["O", "disco"],
				["CN", "Test CA"],
			],
			publicKey: keys.publicKey,
			issuerPublicKey: keys.publicKey,
			days: 10,
			nowMs,
			authority: { permittedDomains: ["consul"] },
		},
		keys.privateKey,
	);
	return { ...keys, certificate: new X509Certificate(pem) };
}

it("an authority signs itself, and what it signs names it", () => {
	const ca = authority();
	expect(ca.certificate.ca).toBe(true);
	expect(ca.certificate.subject).toBe("O=disco\nCN=Test CA");
	expect(ca.certificate.verify(ca.publicKey)).toBe(true);
	const keys = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
	const leaf = new X509Certificate(
		createCertificate(
			{
				subject: [["CN", "server.dc1.consul"]],
				issuer: subjectOf(ca.certificate),
				publicKey: keys.publicKey,
				issuerPublicKey: ca.publicKey,
				days: 1,
				nowMs,
				dnsNames: ["server.dc1.consul", "localhost"],
				ipAddresses: ["127.0.0.1", "2001:db8::1", "::1"],
				usages: ["server", "client"],
			},
			ca.privateKey,
		),
	);
	expect(leaf.ca).toBe(false);
	expect(leaf.verify(ca.publicKey)).toBe(true);
	expect(leaf.checkIssued(ca.certificate)).toBe(true);
	expect(leaf.subjectAltName).toBe(
		"DNS:server.dc1.consul, DNS:localhost, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:0:0:1",
	);
	expect(leaf.validTo).toBe("Jan  2 00:00:00 2026 GMT");
	expect(leaf.checkPrivateKey(keys.privateKey)).toBe(true);
});

it.each([
	["1.2.840.10045.2.1", "06072a8648ce3d0201"],
	["2.5.29.15", "0603551d0f"],
])("object identifier %s", (dotted, hex) => {
	expect(objectIdentifier(dotted).toString("hex")).toBe(hex);
});

it("numbers stay positive and short, times change their form in 2050", () => {
	expect(unsignedInteger(Buffer.from([0x00, 0x80])).toString("hex")).toBe("02020080");
	expect(unsignedInteger(Buffer.from([0x00])).toString("hex")).toBe("020100");
	expect(time(Date.UTC(2049, 11, 31)).toString("latin1")).toBe("\u0017\r491231000000Z");
	expect(time(Date.UTC(2050, 0, 1)).toString("latin1")).toBe("\u0018\u000f20500101000000Z");
});
