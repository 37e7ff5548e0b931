import { X509Certificate } from "node:crypto";
import { compareSync } from "bcryptjs";
import { beforeAll, describe, expect, it } from "vitest";
import { type GoValue, parse } from "../../gotmpl/index.ts";
import type { FunctionContext } from "../context.ts";
import { createFunctions, preloadFunctions } from "../index.ts";

const functions = createFunctions(
	{ nowMs: () => Date.UTC(2026, 0, 1), environment: {}, scratch: () => new Map<string, GoValue>() } as FunctionContext,
	[],
);
const render = (text: string) => parse({ name: "", text, functions }).execute({ functions });

beforeAll(() => preloadFunctions("bcrypt"));

describe("passwords", () => {
	it.each([
		// Recorded from consul-template 0.42.1.
		["long", 1, "user", "example.com", "ZedaFaxcZaso9*"],
		["maximum", 1, "user", "example.com", "pf4zS1LjCg&LjhsZ7T2~"],
		["medium", 1, "user", "example.com", "ZedJuz8$"],
		["medium", 2, "üser", "x", "Hoh4;God"],
		["short", 1, "user", "example.com", "Zed5"],
		["basic", 1, "user", "example.com", "pIS54PLs"],
		["pin", 1, "user", "example.com", "6685"],
		["none", 1, "user", "example.com", "cannot find password template none"],
	])("derivePassword %s", (kind, counter, user, site, wanted) => {
		expect(render(`{{ sprig_derivePassword ${counter} "${kind}" "password" "${user}" "${site}" }}`)).toBe(wanted);
	});

	it("htpasswd and bcrypt are checked by bcrypt", () => {
		const line = render('{{ sprig_htpasswd "ann" "secret" }}');
		expect(line).toMatch(/^ann:\$2a\$10\$/);
		expect(compareSync("secret", line.slice(4))).toBe(true);
		expect(render('{{ sprig_htpasswd "a:b" "x" }}')).toBe("invalid username: a:b");
		expect(render(`{{ sprig_bcrypt "${"x".repeat(73)}" }}`)).toContain("exceeds 72 bytes");
	});

	it("encryptAES and decryptAES are each other's inverse", () => {
		expect(render('{{ sprig_encryptAES "pw" "añb" | sprig_decryptAES "pw" }}')).toBe("añb");
		expect(render('{{ sprig_encryptAES "pw" "" }}{{ sprig_decryptAES "pw" "" }}')).toBe("");
		expect(() => render('{{ sprig_decryptAES "pw" "YWJj" }}')).toThrow("no multiple of 16 bytes");
	});
});

describe("keys and certificates", () => {
	it("an authority signs a certificate for names and addresses", () => {
		const text = render(
			'{{ $ca := sprig_genCA "my-ca" 10 }}{{ $c := sprig_genSignedCert "web" (sprig_list "10.0.0.1" "::1") (sprig_list "web.local") 5 $ca }}' +
				"{{ $ca.Cert }}|{{ $c.Cert }}|{{ $c.Key }}",
		);
		const [ca, cert, key] = text.split("|") as [string, string, string];
		const [authority, leaf] = [new X509Certificate(ca), new X509Certificate(cert)];
		expect(authority.ca).toBe(true);
		expect(leaf.ca).toBe(false);
		expect(leaf.subject).toBe("CN=web");
		expect(leaf.issuer).toBe("CN=my-ca");
		expect(leaf.verify(authority.publicKey)).toBe(true);
		expect(leaf.checkIssued(authority)).toBe(true);
		expect(leaf.checkHost("web.local")).toBe("web.local");
		expect(leaf.checkIP("10.0.0.1")).toBe("10.0.0.1");
		expect(Date.parse(leaf.validTo)).toBe(Date.UTC(2026, 0, 6));
		expect(key).toContain("BEGIN RSA PRIVATE KEY");
	});

	it.each([
		["ecdsa", "EC PRIVATE KEY"],
		["ed25519", "PRIVATE KEY"],
	])("certificates with a key of one's own: %s", (kind, label) => {
		const text = render(
			`{{ $key := sprig_genPrivateKey "${kind}" }}{{ $c := sprig_genSelfSignedCertWithKey "me" nil nil 1 $key }}{{ $c.Cert }}|{{ $c.Key }}|` +
				"{{ $b := sprig_buildCustomCert (base64Encode $c.Cert) (base64Encode $c.Key) }}{{ eq $b.Cert $c.Cert }}",
		);
		const [cert, key, same] = text.split("|") as [string, string, string];
		const certificate = new X509Certificate(cert);
		expect(certificate.verify(certificate.publicKey)).toBe(true);
		expect(key).toContain(`BEGIN ${label}`);
		expect(same).toBe("true");
	});

	it.each([
		['{{ sprig_genSelfSignedCert "a" (sprig_list "x") nil 1 }}', "error parsing ip: x"],
		['{{ sprig_genSelfSignedCert "a" (sprig_list 1) nil 1 }}', "is not a string"],
		['{{ sprig_genCAWithKey "a" 1 "x" }}', "parsing private key: no PEM data in input"],
		['{{ sprig_buildCustomCert "%" "" }}', "unable to decode base64 certificate"],
		['{{ sprig_buildCustomCert "" "" }}', "unable to decode certificate"],
	])("%s", (text, message) => {
		expect(() => render(text)).toThrow(message);
	});

	it("an unknown kind of key is a text", () => {
		expect(render('{{ sprig_genPrivateKey "x" }}')).toBe("Unknown type x");
	});
});
