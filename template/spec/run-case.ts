import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { errorMessage } from "../../lib/errors.ts";
import { silentLogger } from "../../lib/log/index.ts";
import { nodeClock } from "../../lib/node/index.ts";
import { filesOfBundle } from "../bundle.ts";
import { unifiedDiff } from "../diff.ts";
import { bytesOfText } from "../gotmpl/index.ts";
import { serversId } from "../haproxy/index.ts";
import { checkLimits } from "../limits.ts";
import { loadTemplate } from "../load-template.ts";
import type { RenderingWorld } from "../recorder.ts";
import { createPacer, type Lookup, type Rendering } from "../runner/index.ts";
import type { SpecCase } from "./read-spec.ts";

/** How a case ended. */
export interface CaseResult {
	/** Why it failed; undefined when it passed. */
	readonly failure: string | undefined;
	/** The text, where there is one. */
	readonly text: string | undefined;
}

const noAgent = new Error("a case has no agent");

/** Renders one case from its data alone: no agent, no clock and no environment but the case's own. */
export async function runCase(spec: SpecCase): Promise<CaseResult> {
	const { template: config, data, expected } = spec;
	const failed = (failure: string, text?: string): CaseResult => ({ failure, text });
	let rendering: Rendering;
	try {
		const world: RenderingWorld = {
			...{ environment: spec.environment, nowMs: () => spec.nowMs, log: silentLogger, compat: false },
			haproxyServers: (backend) => ({ id: serversId(backend), local: true, fetch: () => Promise.reject(noAgent) }),
		};
		const template = await loadTemplate(config, world);
		const lookup: Lookup = ({ id }) => (Object.hasOwn(data, id) ? { value: data[id] } : undefined);
		rendering = await template.execute(lookup, createPacer(nodeClock));
	} catch (error) {
		return wantedError(errorMessage(error), expected.error);
	}
	const missing = rendering.missing.map(({ id }) => id);
	if (expected.waits !== undefined) {
		const [wanted, found] = [[...expected.waits].sort().join(", "), [...missing].sort().join(", ")];
		return wanted === found ? passed() : failed(`waits for ${found || "nothing"}, not for ${wanted}`);
	}
	if (missing.length > 0)
		return failed(`waits for ${missing.join(", ")}: not in the data; known are ${knownIds(data)}`);
	if ("failed" in rendering.result) return wantedError(rendering.result.failed.message, expected.error);
	const { text } = rendering.result;
	if (expected.error !== undefined) return failed(`renders, although the error "${expected.error}" is wanted`, text);
	const difference = config.forEach === undefined ? textDifference(spec, text) : filesDifference(spec, text);
	if (difference !== "") return failed(difference, text);
	if (!expected.check) return passed(text);
	const refusal = await refusalOf(spec, text);
	return refusal === undefined ? passed(text) : failed(refusal, text);
}

function passed(text?: string): CaseResult {
	return { failure: undefined, text };
}

function wantedError(message: string, wanted: string | undefined): CaseResult {
	if (wanted !== undefined && message.includes(wanted)) return passed();
	return { failure: wanted === undefined ? message : `fails with "${message}", not with "${wanted}"`, text: undefined };
}

function knownIds(data: SpecCase["data"]): string {
	return Object.keys(data).sort().join(", ") || "none";
}

function textDifference({ expected }: SpecCase, text: string): string {
	const absent = expected.contains.filter((part) => !text.includes(part));
	if (absent.length > 0) return `does not contain ${absent.map((part) => JSON.stringify(part)).join(", ")}:\n${text}`;
	if (expected.text !== undefined) return unifiedDiff("expected", expected.text, text);
	return expected.file === undefined ? "" : `${expected.file} does not exist; -update writes it`;
}

function filesDifference({ expected }: SpecCase, bundle: string): string {
	const found = new Map(filesOfBundle(bundle).map(({ destination, text }) => [destination, text]));
	const wanted = expected.files ?? {};
	const names = [...new Set([...found.keys(), ...Object.keys(wanted)])].sort();
	return names.map((name) => unifiedDiff(name, wanted[name], found.get(name))).join("");
}

async function refusalOf({ template }: SpecCase, text: string): Promise<string | undefined> {
	const folder = await mkdtemp(join(tmpdir(), "disco-template-test-"));
	try {
		const files =
			template.forEach === undefined ? [{ destination: template.destination || "output", text }] : filesOfBundle(text);
		for (const file of files) {
			const temporary = join(folder, basename(file.destination));
			const bytes = bytesOfText(file.text);
			await writeFile(temporary, bytes);
			const environment = Object.fromEntries(
				Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
			);
			await checkLimits({ ...file, temporary }, template.limits, environment);
		}
		return undefined;
	} catch (error) {
		return errorMessage(error);
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
