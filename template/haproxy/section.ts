import { endpointText, optionsOf, type Server } from "./server.ts";

/** Where a slot without an instance leads; it is disabled. */
export const nowhere = { address: "127.0.0.1", port: 1 } as const;

/** The server lines of one backend in HAProxy's file, between two comments. */
export interface Section {
	readonly backend: string;
	/** 0: servers come and go while HAProxy runs. */
	readonly slots: number;
	/** What stands on each line behind the weight. */
	readonly options: string;
	/** Servers in maintenance are free slots. */
	readonly servers: readonly Server[];
}

const begin =
	/^\s*# disco-template: servers of (?<backend>\S+)(?: in (?<slots>\d+) slots)?(?:; each: (?<options>.*))?$/;
const end = /^\s*# disco-template: end of (?<backend>\S+)$/;
const server = /^\s*server (?<name>\S+) (?<endpoint>\S+):(?<port>\d+) weight (?<weight>\d+)(?<rest>.*)$/;

/** The section as text; every line is indented by a tab, the last one ends without a newline. */
export function sectionText({ backend, slots, options, servers }: Section): string {
	const inSlots = slots > 0 ? ` in ${slots} slots` : "";
	const each = options === "" ? "" : `; each: ${options}`;
	return [
		`# disco-template: servers of ${backend}${inSlots}${each}`,
		...servers.map((one) => serverLine(one, options)),
		`# disco-template: end of ${backend}`,
	]
		.map((line) => `\t${line}`)
		.join("\n");
}

function serverLine(one: Server, options: string): string {
	const free = one.state === "maint";
	const at = endpointText(free ? nowhere : one);
	// In a file weight 0 is what draining is at run time: nothing new, while what is bound to it goes on.
	const weight = one.state === "ready" ? one.weight : free ? 1 : 0;
	return [`server ${one.name} ${at} weight ${weight}`, optionsOf(one.name, options), free ? "disabled" : ""]
		.filter((part) => part !== "")
		.join(" ");
}

/** The sections of a file that was written before; what is not such a section is skipped. */
export function parseSections(text: string): readonly Section[] {
	const sections: Section[] = [];
	let open: { backend: string; slots: number; options: string; servers: Server[] } | undefined;
	for (const line of text.split("\n")) {
		const started = begin.exec(line)?.groups;
		if (started !== undefined) {
			const { backend = "", slots = "0", options = "" } = started;
			open = { backend, slots: Number(slots), options, servers: [] };
			continue;
		}
		if (open === undefined) continue;
		if (end.exec(line)?.groups?.["backend"] === open.backend) {
			sections.push(open);
			open = undefined;
			continue;
		}
		const parsed = parseServerLine(line);
		if (parsed !== undefined) open.servers.push(parsed);
	}
	return sections;
}

function parseServerLine(line: string): Server | undefined {
	const groups = server.exec(line)?.groups;
	if (groups === undefined) return undefined;
	const { name = "", endpoint = "", port, weight, rest = "" } = groups;
	const free = / disabled$/.test(rest);
	return {
		name,
		address: endpoint.replace(/^\[(.*)\]$/, "$1"),
		port: Number(port),
		weight: Number(weight),
		state: free ? "maint" : weight === "0" ? "drain" : "ready",
	};
}

/** What HAProxy takes in only by a reload: the file without the server lines of its sections. */
export function structureOf(text: string): string {
	let inside = false;
	const kept = text.split("\n").filter((line) => {
		if (begin.test(line)) inside = true;
		else if (end.test(line)) inside = false;
		else if (inside) return !server.test(line);
		return true;
	});
	return kept.join("\n");
}

/** Whether the file has server lines that are kept equal to the running state. */
export function hasSections(text: string): boolean {
	return text.includes("# disco-template: servers of ");
}
