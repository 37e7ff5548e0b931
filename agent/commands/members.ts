import type { AgentMember } from "../../lib/api/index.ts";
import { DiscoError } from "../../lib/errors.ts";
import { clientFlags, withClient } from "./client-flags.ts";
import { columns, pairs } from "./columns.ts";
import { simpleCommand } from "./command.ts";
import { formatFlags, jsonText, wantsJson } from "./format.ts";

const statusNames: Readonly<Record<number, string>> = { 1: "alive", 2: "leaving", 3: "left", 4: "failed" };

export const members = simpleCommand({
	usage: "[options]",
	about: "Prints the members of the pool. Exit code 2 when none matches.",
	examples: ["disco members", "disco members -detailed -status 'alive|failed'"],
	flags: {
		...formatFlags,
		detailed: { kind: "bool", usage: "Print all tags" },
		segment: { kind: "string", usage: "Taken for compatibility", hidden: true },
		status: { kind: "string", usage: "Only members whose status fits this regular expression", placeholder: "regex" },
		wan: { kind: "bool", usage: "The servers of all datacenters" },
		...clientFlags,
	},
	async run({ values }, io) {
		const json = wantsJson(values.format);
		const status = anchored(values.status ?? ".*");
		const all = await withClient(values, io, (client) => client.agent.members({ wan: values.wan === true }));
		const shown = all
			.filter((member) => status.test(statusNames[member.Status] ?? "none"))
			.map((member) => ({ member, segment: segmentOf(member) }))
			.sort((a, b) => compare(a.segment, b.segment) || compare(a.member.Name, b.member.Name));
		if (shown.length === 0) return 2;
		if (json) {
			io.stdout(jsonText(shown.map(({ member }) => member)));
			return 0;
		}
		io.stdout(
			values.detailed === true
				? columns([
						["Node", "Address", "Status", "Tags"],
						...shown.map(({ member, segment }) => [
							member.Name,
							addressOf(member),
							statusNames[member.Status] ?? "none",
							pairs({ ap: "default", ...member.Tags, segment }, ","),
						]),
					])
				: columns([
						["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Partition", "Segment"],
						...shown.map(({ member, segment }) => [
							member.Name,
							addressOf(member),
							statusNames[member.Status] ?? "none",
							member.Tags["role"] === "consul" ? "server" : "client",
							(member.Tags["build"] ?? "").split(":")[0] ?? "",
							member.Tags["vsn"] ?? "",
							member.Tags["dc"] ?? "",
							member.Tags["ap"] ?? "default",
							segment,
						]),
					]),
		);
		return 0;
	},
});

function anchored(pattern: string): RegExp {
	try {
		return new RegExp(`^(?:${pattern})$`);
	} catch {
		throw new DiscoError("FLAG_VALUE_INVALID", `option -status: "${pattern}" is not a regular expression`);
	}
}

/** Servers are in every segment. */
function segmentOf(member: AgentMember): string {
	return member.Tags["role"] === "consul" ? "<all>" : member.Tags["segment"] || "<default>";
}

function addressOf(member: AgentMember): string {
	return member.Addr.includes(":") ? `[${member.Addr}]:${member.Port}` : `${member.Addr}:${member.Port}`;
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
