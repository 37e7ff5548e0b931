import { readFile } from "node:fs/promises";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log/index.ts";
import { type BundledFile, bundleText, filesOfBundle } from "./bundle.ts";
import { childEnvironment } from "./child-environment.ts";
import type { ActionsConfig, Command, TemplateConfig, WaitConfig } from "./config/index.ts";
import { changeExcerpt, unifiedDiff } from "./diff.ts";
import { bytesOfText, textOfBytes } from "./gotmpl/index.ts";
import type { Haproxy } from "./haproxy/index.ts";
import type { Leftovers } from "./leftovers.ts";
import { checkLimits } from "./limits.ts";
import { createOwnership, type Ownership } from "./pruning.ts";
import { type KnownFiles, type Publication, type PublishedFile, publishFiles } from "./publish.ts";
import { runCommand } from "./run-command.ts";
import type { Lookup, Pacer, Rendering, RunnerTemplate, Template } from "./runner/index.ts";
import { differs, type PreparedFile } from "./write-file.ts";

/** Lines of a refused change that go to the log. */
const excerptLines = 12;

/** A template with its configuration. */
export interface Member {
	readonly template: Template;
	readonly config: TemplateConfig;
}

/** What is written, checked and put into effect together: one template, or the templates of a group. */
export interface Unit {
	/** Of a group; undefined for a template of its own. */
	readonly group: string | undefined;
	readonly members: readonly Member[];
	readonly actions: ActionsConfig;
	readonly wait: WaitConfig | undefined;
}

/** What units take from the program. */
export interface UnitWorld {
	readonly log: Logger;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** How the agent is reached. */
	readonly agent: Readonly<Record<string, string>>;
	/** Write nothing, run nothing: print the texts, or with `diff` what would change. */
	readonly dry: boolean;
	readonly diff: boolean;
	/** Write, but run neither commands nor `verify`. */
	readonly noCommands: boolean;
	readonly print: (text: string) => void;
	readonly leftovers: Leftovers;
	/** As `RunnerTemplate.snapshot`; groups use it. */
	readonly snapshot: NonNullable<RunnerTemplate["snapshot"]>;
	/** Tells when HAProxy need not read a file again, and hears when it has. */
	readonly haproxy?: Pick<Haproxy, "files" | "reloaded">;
}

/** The unit as the runner sees it. */
export function runnerTemplate(unit: Unit, world: UnitWorld): RunnerTemplate {
	const { actions, wait } = unit;
	const { command, verify } = actions;
	const several = unit.group !== undefined || unit.members.some(({ config }) => config.forEach !== undefined);
	const template = several ? bundle(unit) : (unit.members[0] as Member).template;
	const place = unit.group === undefined ? (unit.members[0]?.config.destination ?? "") : `group "${unit.group}"`;
	const owners = unit.members.map(({ config }) => (config.prune ? createOwnership(config.destination) : undefined));
	const variables = () => childEnvironment(world.environment, world.agent, actions.commandEnvironment);
	const known: KnownFiles = new Map();
	let latest: { readonly publication: Publication; readonly files: readonly string[] } | undefined;

	function filesOf(text: string): readonly BundledFile[] {
		if (several) return filesOfBundle(text);
		return [{ member: 0, destination: unit.members[0]?.config.destination ?? "", text }];
	}

	function published({ member, destination, text }: BundledFile): PublishedFile {
		return { settings: { ...(unit.members[member] as Member).config, destination }, text };
	}

	async function check(file: PreparedFile, { settings, text }: PublishedFile): Promise<void> {
		const { destination, temporary } = file;
		const candidate = { destination, temporary, text };
		try {
			await checkLimits(candidate, settings.limits, variables());
		} catch (error) {
			reportRefused(file, text, world.log);
			throw error;
		}
	}

	async function run(what: string, action: Command | undefined, timeoutMs: number): Promise<void> {
		if (action === undefined) return;
		const capture = what === "verify: ";
		await runCommand(action, { environment: variables(), timeoutMs, capture }).catch((error: unknown) => {
			throw new DiscoError("COMMAND_FAILED", `${place}: ${what}${errorMessage(error)}`, { cause: error });
		});
	}

	const runsCommands = !world.dry && !world.noCommands;
	const { haproxy } = world;

	/** Destinations by what HAProxy has loaded of them. */
	async function compare(files: readonly BundledFile[]): Promise<ReadonlyMap<string, "foreign" | "same" | "other">> {
		const marks = command !== undefined && runsCommands;
		const found = new Map<string, "foreign" | "same" | "other">();
		for (const { destination, text } of files) {
			found.set(destination, (await haproxy?.files.compare(destination, text, marks)) ?? "foreign");
		}
		return found;
	}
	return {
		template,
		errorFatal: actions.errorFatal ?? false,
		...(unit.group === undefined ? {} : { snapshot: world.snapshot }),
		...(wait === undefined ? {} : { wait }),
		...(actions.maxAgeMs === undefined ? {} : { aging: { maxAgeMs: actions.maxAgeMs, onStale: actions.onStale } }),
		...(command === undefined || !runsCommands ? {} : { commandKey: JSON.stringify(command) }),
		async write(text) {
			const files = filesOf(text);
			const destinations = destinationsByMember(files, unit.members.length);
			try {
				if (!world.dry) for (const { destination } of files) await world.leftovers.remove(destination);
				if (world.dry) return { changed: await show(files.map(published), destinations, owners, world) };
				await claim(owners, destinations);
				const loaded = await compare(files);
				const publication = await publishFiles(files.map(published), check, known);
				const pruned = await prune(owners, destinations);
				for (const path of pruned) world.log.info(`removed ${path}`);
				latest = { publication, files: files.map(({ destination }) => destination) };
				const others = publication.changed.filter(({ destination }) => loaded.get(destination) !== "same");
				// Written by a program that was killed before it had run the command.
				const unloaded = [...loaded.values()].includes("other");
				return {
					changed: publication.changed.length > 0 || pruned.length > 0 || unloaded,
					silent: others.length === 0 && pruned.length === 0 && !unloaded,
				};
			} catch (error) {
				const code = error instanceof DiscoError ? error.code : "DESTINATION_UNWRITABLE";
				throw new DiscoError(code, `${template.name}: ${errorMessage(error)}`, { cause: error });
			}
		},
		runCommand: () => run("", command, actions.commandTimeoutMs),
		...(haproxy === undefined || !runsCommands
			? {}
			: {
					async settled() {
						const { files = [] } = latest ?? {};
						await haproxy.files.loaded(files);
						if (command !== undefined) haproxy.reloaded(files);
					},
				}),
		...(verify === undefined || !runsCommands
			? {}
			: { verify: () => run("verify: ", verify, actions.verifyTimeoutMs) }),
		...(actions.onFail === "keep" || !runsCommands
			? {}
			: {
					async rollBack() {
						if (latest === undefined) return;
						const { publication, files } = latest;
						const { changed } = publication;
						await publication.rollBack();
						latest = undefined;
						world.log.warn(`${place}: the former ${changed.length === 1 ? "file is" : "files are"} back`);
						// Where there was no former file the command has nothing to go back to.
						if (changed.some(({ former }) => former !== undefined)) {
							await run("after roll-back: ", command, actions.commandTimeoutMs);
						}
						await haproxy?.files.loaded(files, true);
					},
				}),
	};
}

/** The templates of a unit as one: complete when all are, failed when one is. */
function bundle({ group, members }: Unit): Template {
	const only = members.length === 1 ? members[0] : undefined;
	return {
		name: group === undefined ? (only?.template.name ?? "") : `group "${group}"`,
		text: members.map(({ template }) => template.text).join("\0"),
		async execute(lookup: Lookup, pacer: Pacer): Promise<Rendering> {
			const parts: Part[] = [];
			for (const [member, { template, config }] of members.entries()) {
				const rendering = await template.execute(lookup, pacer);
				const { forEach, destination } = config;
				parts.push({ template, rendering, fan: forEach !== undefined, destination, member });
				if (pacer.due()) await pacer.rest();
			}
			const failed = parts.find(({ rendering }) => "failed" in rendering.result)?.rendering.result;
			const distinct = (list: "used" | "missing") => [
				...new Map(parts.flatMap(({ rendering }) => rendering[list]).map((one) => [one.id, one])).values(),
			];
			const files = parts.flatMap(({ rendering, fan, destination, member }): readonly BundledFile[] => {
				if (!("text" in rendering.result)) return [];
				const { text } = rendering.result;
				return fan ? filesOfBundle(text).map((file) => ({ ...file, member })) : [{ member, destination, text }];
			});
			return {
				used: distinct("used"),
				missing: distinct("missing"),
				result: failed ?? { text: bundleText(files) },
				sourceOf(id) {
					const part = parts.find(({ rendering }) => rendering.used.some((one) => one.id === id));
					return part?.rendering.sourceOf?.(id) ?? part?.template.name;
				},
				placeOf: (id) => parts.map(({ rendering }) => rendering.placeOf?.(id)).find((place) => place !== undefined),
			};
		},
	};
}

interface Part {
	readonly template: Template;
	readonly rendering: Rendering;
	/** The text is a bundle itself (`for_each`). */
	readonly fan: boolean;
	readonly destination: string;
	readonly member: number;
}

type Destinations = readonly (readonly string[])[];

function destinationsByMember(files: readonly BundledFile[], members: number): Destinations {
	return Array.from({ length: members }, (_, member) =>
		files.filter((file) => file.member === member).map(({ destination }) => destination),
	);
}

async function claim(owners: readonly (Ownership | undefined)[], destinations: Destinations): Promise<void> {
	for (const [member, owner] of owners.entries()) await owner?.claim(destinations[member] ?? []);
}

async function prune(
	owners: readonly (Ownership | undefined)[],
	destinations: Destinations,
): Promise<readonly string[]> {
	const pruned: string[] = [];
	for (const [member, owner] of owners.entries())
		pruned.push(...((await owner?.prune(destinations[member] ?? [])) ?? []));
	return pruned;
}

/** `-dry`: prints what would be written; true when anything would change. */
async function show(
	files: readonly PublishedFile[],
	destinations: Destinations,
	owners: readonly (Ownership | undefined)[],
	world: UnitWorld,
): Promise<boolean> {
	let changed = false;
	for (const { settings, text } of files) {
		if (!(await differs(settings, bytesOfText(text)))) continue;
		changed = true;
		const { destination } = settings;
		if (world.diff) world.print(unifiedDiff(destination || "(no destination)", await currentText(destination), text));
		else world.print(`> ${destination}\n${text}`);
	}
	for (const [member, owner] of owners.entries()) {
		for (const path of (await owner?.surplus(destinations[member] ?? [])) ?? []) {
			changed = true;
			world.print(world.diff ? unifiedDiff(path, await currentText(path), undefined) : `> ${path} is removed\n`);
		}
	}
	return changed;
}

async function currentText(path: string): Promise<string | undefined> {
	if (path === "") return undefined;
	return readFile(path).then(textOfBytes, () => undefined);
}

/** A file that not everyone may read is not shown to everyone who reads the log. */
function reportRefused({ destination, former, worldReadable }: PreparedFile, text: string, log: Logger): void {
	if (!worldReadable) return;
	const before = former === undefined ? undefined : textOfBytes(former);
	log.warn(`${destination}: refused change:`);
	for (const line of changeExcerpt(destination, before, text, excerptLines).split("\n")) log.warn(`  ${line}`);
}
