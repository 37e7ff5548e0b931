import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { DiscoError, errorMessage } from "../../../lib/errors.ts";
import { nodeClock } from "../../../lib/node/index.ts";
import { createCertificate, subjectOf } from "../../../lib/x509/index.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { requireDays } from "./ca-create.ts";
import { certificateMode, keyMode, requireAbsent, writeNew } from "./files.ts";

export const certCreate = simpleCommand({
	usage: "[options]",
	about: `Makes a certificate that the authority of "tls ca create" signs: DC-server-DOMAIN-N.pem and ...-N-key.pem in the current folder.

  disco tls cert create -server -dc=dc1
  disco tls cert create -client`,
	flags: {
		"additional-dnsname": { kind: "list", usage: "A DNS name more; may be repeated", placeholder: "name" },
		"additional-ipaddress": { kind: "list", usage: "An IP address more; may be repeated", placeholder: "address" },
		ca: { kind: "string", usage: "The authority's certificate; DOMAIN-agent-ca.pem unless given", placeholder: "path" },
		cli: { kind: "bool", usage: "For the command line" },
		client: { kind: "bool", usage: "For a client agent" },
		days: { kind: "int", usage: "How long it is valid; 365 unless given" },
		dc: { kind: "string", usage: "Datacenter; dc1 unless given" },
		domain: { kind: "string", usage: "The agents' domain; consul unless given" },
		key: { kind: "string", usage: "The authority's key; DOMAIN-agent-ca-key.pem unless given", placeholder: "path" },
		node: { kind: "string", usage: "Name of the node that it is for (with -server)" },
		server: { kind: "bool", usage: "For a server" },
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const kinds = (["server", "client", "cli"] as const).filter((each) => values[each] === true);
		const [kind] = kinds;
		if (kind === undefined || kinds.length > 1) {
			throw new DiscoError("ARGUMENT_INVALID", "give exactly one of -server, -client and -cli");
		}
		if (values.node !== undefined && kind !== "server") {
			throw new DiscoError("ARGUMENT_INVALID", "-node is for -server only");
		}
		const domain = values.domain ?? "consul";
		const dc = values.dc ?? "dc1";
		const days = requireDays(values.days ?? 365);
		const ipAddresses = values["additional-ipaddress"] ?? [];
		for (const address of ipAddresses) {
			if (isIP(address) === 0) {
				throw new DiscoError("FLAG_VALUE_INVALID", `option -additional-ipaddress: "${address}" is not an IP address`);
			}
		}
		const authority = readAuthority(values.ca ?? `${domain}-agent-ca.pem`, values.key ?? `${domain}-agent-ca-key.pem`);
		const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
		const name = `${kind}.${dc}.${domain}`;
		const nodeNames = values.node === undefined ? [] : [`${values.node}.${name}`];
		const local = kind === "cli" ? [] : ["127.0.0.1"];
		const certificate = createCertificate(
			{
				subject: [["CN", name]],
				issuer: subjectOf(authority.certificate),
				publicKey,
				issuerPublicKey: authority.certificate.publicKey,
				days,
				nowMs: nodeClock.nowMs(),
				dnsNames: [...(values["additional-dnsname"] ?? []), ...nodeNames, name, "localhost"],
				ipAddresses: [...ipAddresses, ...local],
				// A client serves HTTPS with it, too.
				usages: kind === "cli" ? ["client"] : ["server", "client"],
			},
			authority.key,
		);
		const prefix = `${dc}-${kind}-${domain}`;
		let number = 0;
		while (existsSync(`${prefix}-${number}.pem`)) number++;
		const certificateFile = `${prefix}-${number}.pem`;
		const keyFile = `${prefix}-${number}-key.pem`;
		requireAbsent(certificateFile, keyFile);
		writeNew(keyFile, privateKey.export({ type: "sec1", format: "pem" }).toString(), keyMode);
		writeNew(certificateFile, certificate, certificateMode);
		io.stdout(`Written: ${certificateFile}\nWritten: ${keyFile}\n`);
		return 0;
	},
});

/** Fails with `TLS_FILE_UNREADABLE`; a key that is not the certificate's is told before anything is written. */
function readAuthority(
	certificateFile: string,
	keyFile: string,
): { readonly certificate: X509Certificate; readonly key: KeyObject } {
	const certificate = load(certificateFile, "certificate", (pem) => new X509Certificate(pem));
	const key = load(keyFile, "key", (pem) => createPrivateKey(pem));
	if (!certificate.checkPrivateKey(key)) {
		throw new DiscoError("TLS_FILE_UNREADABLE", `${keyFile} is not the key of ${certificateFile}; give -ca and -key`);
	}
	return { certificate, key };
}

function load<Value>(path: string, what: string, parse: (pem: Buffer) => Value): Value {
	try {
		return parse(readFileSync(path));
	} catch (error) {
		throw new DiscoError(
			"TLS_FILE_UNREADABLE",
			`the authority's ${what} ${path} cannot be read: ${errorMessage(error)}; make one with disco tls ca create`,
		);
	}
}
