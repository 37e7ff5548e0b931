import { createHash, generateKeyPairSync } from "node:crypto";
import { DiscoError } from "../../../lib/errors.ts";
import { nodeClock } from "../../../lib/node/index.ts";
import { createCertificate, type NamePart } from "../../../lib/x509/index.ts";
import { requireArguments, simpleCommand } from "../command.ts";
import { certificateMode, keyMode, requireAbsent, writeNew } from "./files.ts";

export const caCreate = simpleCommand({
	usage: "[options]",
	about: `Makes a certificate authority for the agents: DOMAIN-agent-ca.pem, and its key DOMAIN-agent-ca-key.pem, in the current folder.

  disco tls ca create -days=3650`,
	flags: {
		"additional-name-constraint": {
			kind: "list",
			usage: "A DNS domain more to sign for, with -name-constraint; may be repeated",
			placeholder: "domain",
		},
		"cluster-id": { kind: "string", usage: "Taken for compatibility", hidden: true },
		"common-name": { kind: "string", usage: "Name of the authority; made up unless given", placeholder: "name" },
		days: { kind: "int", usage: "How long it is valid; 1825 unless given" },
		domain: { kind: "string", usage: "The agents' domain; consul unless given" },
		"name-constraint": { kind: "bool", usage: "Sign only for the domain, localhost and the additional ones" },
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 0, 0, "options only");
		const domain = values.domain ?? "consul";
		const days = requireDays(values.days ?? 1825);
		const additional = values["additional-name-constraint"] ?? [];
		if (additional.length > 0 && values["name-constraint"] !== true) {
			throw new DiscoError("ARGUMENT_INVALID", "-additional-name-constraint needs -name-constraint");
		}
		const certificateFile = `${domain}-agent-ca.pem`;
		const keyFile = `${domain}-agent-ca-key.pem`;
		requireAbsent(certificateFile, keyFile);
		const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
		const mark = createHash("sha256")
			.update(publicKey.export({ type: "spki", format: "der" }))
			.digest("hex")
			.slice(0, 16);
		const subject: readonly NamePart[] = [
			["O", "disco"],
			["CN", values["common-name"] ?? `disco Agent CA ${mark}`],
		];
		const permittedDomains = values["name-constraint"] === true ? [domain, "localhost", ...additional] : [];
		const certificate = createCertificate(
			{
				subject,
				publicKey,
				issuerPublicKey: publicKey,
				days,
				nowMs: nodeClock.nowMs(),
				authority: { permittedDomains },
			},
			privateKey,
		);
		writeNew(keyFile, privateKey.export({ type: "sec1", format: "pem" }).toString(), keyMode);
		writeNew(certificateFile, certificate, certificateMode);
		io.stdout(`Written: ${certificateFile}\nWritten: ${keyFile}\n`);
		return 0;
	},
});

/** Fails with `FLAG_VALUE_INVALID` unless it is 1 to a hundred years. */
export function requireDays(days: number): number {
	if (days < 1 || days > 36_525) throw new DiscoError("FLAG_VALUE_INVALID", `option -days: ${days} is not 1 to 36525`);
	return days;
}
