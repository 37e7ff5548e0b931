import { globPattern } from "../glob.ts";
import { type GoFunction, goFunc } from "../gotmpl/index.ts";
import { apiFunctions } from "./api.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";
import { encodingFunctions } from "./encoding.ts";
import { environmentFunctions } from "./environment.ts";
import { fileFunctions } from "./files.ts";
import { groupingFunctions } from "./grouping.ts";
import { haproxyFunctions } from "./haproxy.ts";
import { jsonFunctions } from "./json.ts";
import { listFunctions } from "./lists.ts";
import { loopFunctions } from "./loop.ts";
import { mathFunctions } from "./math.ts";
import { nestedTemplateFunctions } from "./nested-template.ts";
import { nestingFunctions } from "./nesting.ts";
import { parseFunctions } from "./parse.ts";
import { pluginFunctions } from "./plugin.ts";
import { loadRegex, regexFunctions } from "./regex.ts";
import { scratchFunctions } from "./scratch.ts";
import { sockaddrFunctions } from "./sockaddr.ts";
import { spewFunctions } from "./spew.ts";
import { loadBcrypt, sprigFunctions } from "./sprig/index.ts";
import { textFunctions } from "./text.ts";
import { timeFunctions } from "./time.ts";
import { tomlFunctions } from "./toml.ts";
import { loadYaml, yamlFunctions } from "./yaml.ts";

/** Families that need nothing from the rendering; made once. */
const pure: readonly FunctionFamily[] = [
	encodingFunctions,
	groupingFunctions,
	jsonFunctions,
	listFunctions,
	loopFunctions,
	mathFunctions,
	nestingFunctions,
	parseFunctions,
	regexFunctions,
	sockaddrFunctions,
	spewFunctions,
	textFunctions,
	tomlFunctions,
	yamlFunctions,
];

const bound: readonly ((context: FunctionContext) => FunctionFamily)[] = [
	apiFunctions,
	environmentFunctions,
	fileFunctions,
	haproxyFunctions,
	nestedTemplateFunctions,
	pluginFunctions,
	scratchFunctions,
	sprigFunctions,
	timeFunctions,
];

/** Packages that some functions stand on, by how a template's text shows that it may use them. */
const packages: readonly { readonly usedBy: RegExp; readonly load: () => Promise<void> }[] = [
	{ usedBy: /regex/i, load: loadRegex },
	{ usedBy: /parseYAML/, load: loadYaml },
	{ usedBy: /bcrypt|htpasswd/, load: loadBcrypt },
];

/** The bound families whose functions look only at their arguments, most of them. */
const impureFamilies = bound.filter((make) => make !== sprigFunctions && make !== environmentFunctions);

/** Functions of the other families that do something, depend on more than their arguments, or change an argument. */
const impureNames = [
	...["call", "sockaddr", "spew_dump", "spew_printf", "mergeMap", "mergeMapWithOverride"],
	...["ago", "randInt", "shuffle", "set", "unset", "bcrypt", "htpasswd", "encryptAES"].map((name) => `sprig_${name}`),
	...["merge", "mustMerge", "mergeOverwrite", "mustMergeOverwrite"].map((name) => `sprig_${name}`),
];

let impure: ReadonlySet<string> | undefined;

/** Whether a function (one of Go's own included) gives equal results for equal arguments, and does nothing else. */
export function isPure(name: string): boolean {
	impure ??= new Set([
		...impureNames,
		// Only the names matter; none of these functions is called.
		...impureFamilies.flatMap((make) => Object.keys(make({} as FunctionContext))),
	]);
	return !impure.has(name) && !name.startsWith("sprig_gen");
}

/** All functions for one template; those that match a glob of `denylist` fail when they are called. */
export function createFunctions(context: FunctionContext, denylist: readonly string[]): Map<string, GoFunction> {
	const functions = new Map<string, GoFunction>();
	for (const family of [...pure, ...bound.map((make) => make(context))]) {
		for (const [name, call] of Object.entries(family)) functions.set(name, call);
	}
	const patterns = denylist.map(globPattern);
	for (const name of functions.keys()) {
		if (patterns.some((pattern) => pattern.test(name))) functions.set(name, disabled);
	}
	return functions;
}

/** Loads what the functions in a template's text need; functions themselves are synchronous. */
export async function preloadFunctions(text: string): Promise<void> {
	await Promise.all(packages.filter(({ usedBy }) => usedBy.test(text)).map(({ load }) => load()));
}

const disabled = goFunc("func(...any) (any, error)", () => {
	throw new Error("function is disabled");
});
