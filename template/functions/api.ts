import {
	connectDependency,
	type Dependency,
	datacentersDependency,
	descendants,
	directChildren,
	fileDependency,
	type KeyPairRecord,
	keyDependency,
	keyListDependency,
	type NodeDetailRecord,
	nodeDependency,
	nodesDependency,
	optionalKeyDependency,
	safeKeyListDependency,
	serviceDependency,
	servicesDependency,
} from "../dependencies/index.ts";
import { goFunc, goPointer } from "../gotmpl/index.ts";
import { insideSandbox } from "../sandbox.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";
import { catalogNodeType, recordTypes } from "./record-types.ts";

/** Arguments that are remembered per function; beyond that they are parsed anew. */
const rememberedMax = 20_000;

/** A thousand services are asked for by the same thousand texts in each pass. */
function remembering(make: (text: string) => Dependency): (text: string) => Dependency {
	const made = new Map<string, Dependency>();
	return (text) => {
		const known = made.get(text);
		if (known !== undefined) return known;
		const dependency = make(text);
		if (made.size >= rememberedMax) made.clear();
		made.set(text, dependency);
		return dependency;
	};
}

const byText = {
	key: remembering(keyDependency),
	optionalKey: remembering(optionalKeyDependency),
	keyList: remembering(keyListDependency),
	children: remembering((text) => safeKeyListDependency(text, "children")),
	descendants: remembering((text) => safeKeyListDependency(text, "descendants")),
	service: remembering(serviceDependency),
	connect: remembering(connectDependency),
	services: remembering(servicesDependency),
	nodes: remembering(nodesDependency),
	node: remembering(nodeDependency),
};

/** `file` is none of them: its place is looked at with each call, in case a link has changed (`sandbox_path`). */
const reads: ReadonlySet<string> = new Set([
	...["key", "keyExists", "keyOrDefault", "ls", "safeLs", "tree", "safeTree"],
	...["service", "connect", "services", "nodes", "node", "datacenters"],
]);

/** Whether the function's result depends on nothing but its arguments and what `FunctionContext.data` gives. */
export function isRead(name: string): boolean {
	return reads.has(name);
}

/** Functions whose values come from the agent or a file; until they have arrived, the neutral value of FUNCTIONS.md. */
export function apiFunctions(context: FunctionContext): FunctionFamily {
	/** The data of a dependency, or `neutral`; an argument without text asks for nothing. */
	const read = <T>(argument: string, dependency: (text: string) => Dependency, neutral: T): T =>
		argument === "" ? neutral : ((context.data(dependency(argument)) as T | undefined) ?? neutral);
	/** The same for functions that may be called without an argument. */
	const readAny = <T>(parts: readonly string[], dependency: (text: string) => Dependency, neutral: T): T =>
		(context.data(dependency(parts.join(""))) as T | undefined) ?? neutral;
	const fn = (signature: string, call: (...raw: never[]) => unknown) => goFunc(signature, call, recordTypes);
	const noPairs: readonly KeyPairRecord[] = [];
	const noRecords: readonly unknown[] = [];

	return {
		key: fn("func(string) (string, error)", (key: string) => read(key, byText.key, "")),
		keyExists: fn("func(string) (bool, error)", (key: string) => {
			if (key === "") return false;
			const value = context.data(byText.optionalKey(key));
			return value !== undefined && value !== null;
		}),
		keyOrDefault: fn("func(string, string) (string, error)", (key: string, otherwise: string) => {
			if (key === "") return otherwise;
			return (context.data(byText.optionalKey(key)) as string | null | undefined) || otherwise;
		}),
		ls: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			directChildren(read(prefix, byText.keyList, noPairs)),
		),
		safeLs: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			directChildren(read(prefix, byText.children, noPairs)),
		),
		tree: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			descendants(read(prefix, byText.keyList, noPairs)),
		),
		safeTree: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			descendants(read(prefix, byText.descendants, noPairs)),
		),
		service: fn("func(...string) ([]*dependency.HealthService, error)", (...parts: string[]) =>
			read(parts.join("|"), byText.service, noRecords),
		),
		connect: fn("func(...string) ([]*dependency.HealthService, error)", (...parts: string[]) =>
			read(parts.join("|"), byText.connect, noRecords),
		),
		services: fn("func(...string) ([]*dependency.CatalogSnippet, error)", (...parts: string[]) =>
			readAny(parts, byText.services, noRecords),
		),
		nodes: fn("func(...string) ([]*dependency.Node, error)", (...parts: string[]) =>
			readAny(parts, byText.nodes, noRecords),
		),
		// An untyped nil until the data have arrived, so that `(node).Node.Node` does not fail in the first pass.
		node: fn("func(...string) (any, error)", (...parts: string[]) => {
			const record = readAny<NodeDetailRecord | undefined>(parts, byText.node, undefined);
			return record === undefined ? null : goPointer(catalogNodeType, record);
		}),
		datacenters: fn("func(...bool) ([]string, error)", (...ignoreFailing: boolean[]) => {
			if (ignoreFailing.length > 1) {
				throw new Error(`datacenters: wrong number of arguments, expected 0 or 1, but got ${ignoreFailing.length}`);
			}
			return context.data(datacentersDependency(ignoreFailing[0] ?? false)) ?? [];
		}),
		file: fn("func(string) (string, error)", (path: string) => {
			if (path === "") return "";
			if (context.sandboxPath !== undefined) insideSandbox(context.sandboxPath, path);
			return context.data(fileDependency(path, context.sandboxPath)) ?? "";
		}),
	};
}
