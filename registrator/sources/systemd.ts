import { inspectOfDeclared } from "./declared.ts";

/** A unit as `systemctl show` tells of it. */
interface Unit {
	/** `web@8080.service`. */
	readonly id: string;
	readonly active: boolean;
	/** `KEY=value`, specifiers filled in by systemd. */
	readonly environment: readonly string[];
}

/** What is asked of each unit. */
export const shownProperties = ["Id", "ActiveState", "Environment"] as const;

/**
 * The active units of `systemctl show --property=Id,ActiveState,Environment` that name a port (`SERVICE_8080_NAME`) or say
 * `SERVICE_REGISTER`, as Docker would answer about containers in the host's network. A unit has no ports of its own: those that its
 * variables name are taken. Without a name a service is called as its unit (a template's instance as the template).
 */
export function inspectsOfUnits(shown: string, where: string): unknown[] {
	return unitsOf(shown)
		.filter(({ active }) => active)
		.flatMap(({ id, environment }) => {
			const expose = portsOf(environment);
			if (expose.length === 0 && !environment.some((each) => /^SERVICE_REGISTER=/.test(each))) return [];
			const name = id.replace(/\.service$/, "");
			const image = name.replace(/@.*$/, "");
			return [inspectOfDeclared(name, { image, environment, expose, network_mode: "host" }, `${where}: ${id}`)];
		});
}

function portsOf(environment: readonly string[]): string[] {
	const ports = environment.flatMap((variable) => {
		const match = /^SERVICE_(\d+)_(?:(TCP|UDP|SCTP)_)?/.exec(variable);
		return match === null ? [] : [`${match[1]}/${(match[2] ?? "tcp").toLowerCase()}`];
	});
	return [...new Set(ports)];
}

/** Units are told apart by empty lines; a line break inside a quoted value is no end of the line. */
function unitsOf(shown: string): Unit[] {
	const units: Unit[] = [];
	let properties = new Map<string, string>();
	const flush = () => {
		const id = properties.get("Id");
		if (id !== undefined) {
			const state = properties.get("ActiveState");
			const active = state === "active" || state === "reloading";
			units.push({ id, active, environment: words(properties.get("Environment") ?? "") });
		}
		properties = new Map();
	};
	let line = "";
	for (const part of shown.split("\n")) {
		line = line === "" ? part : `${line}\n${part}`;
		if (isOpen(line)) continue;
		const equals = line.indexOf("=");
		if (line === "") flush();
		else if (equals > 0) properties.set(line.slice(0, equals), line.slice(equals + 1));
		line = "";
	}
	flush();
	return units;
}

/** Whether a quotation has not ended. */
function isOpen(line: string): boolean {
	return ((line.replace(/\\./gs, "").match(/"/g) ?? []).length & 1) === 1;
}

/** systemd quotes a word that needs it as a whole, with `"`, and puts a backslash before `" \ $` and the back quote in it. */
function words(text: string): string[] {
	return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/gs)].map(
		([, quoted, plain]) => plain ?? (quoted ?? "").replace(/\\(.)/gs, "$1"),
	);
}
