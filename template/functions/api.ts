import { realpathSync } from "node:fs";
import { resolve, sep } from "node:path";
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
import type { FunctionContext, FunctionFamily } from "./context.ts";
import { catalogNodeType, recordTypes } from "./record-types.ts";

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

	return {
		key: fn("func(string) (string, error)", (key: string) => read(key, keyDependency, "")),
		keyExists: fn("func(string) (bool, error)", (key: string) => {
			if (key === "") return false;
			const value = context.data(optionalKeyDependency(key));
			return value !== undefined && value !== null;
		}),
		keyOrDefault: fn("func(string, string) (string, error)", (key: string, otherwise: string) => {
			if (key === "") return otherwise;
			return (context.data(optionalKeyDependency(key)) as string | null | undefined) || otherwise;
		}),
		ls: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			directChildren(read(prefix, keyListDependency, noPairs)),
		),
		safeLs: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			directChildren(read(prefix, (text) => safeKeyListDependency(text, "children"), noPairs)),
		),
		tree: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			descendants(read(prefix, keyListDependency, noPairs)),
		),
		safeTree: fn("func(string) ([]*dependency.KeyPair, error)", (prefix: string) =>
			descendants(read(prefix, (text) => safeKeyListDependency(text, "descendants"), noPairs)),
		),
		service: fn("func(...string) ([]*dependency.HealthService, error)", (...parts: string[]) =>
			read(parts.join("|"), serviceDependency, []),
		),
		connect: fn("func(...string) ([]*dependency.HealthService, error)", (...parts: string[]) =>
			read(parts.join("|"), connectDependency, []),
		),
		services: fn("func(...string) ([]*dependency.CatalogSnippet, error)", (...parts: string[]) =>
			readAny(parts, servicesDependency, []),
		),
		nodes: fn("func(...string) ([]*dependency.Node, error)", (...parts: string[]) =>
			readAny(parts, nodesDependency, []),
		),
		// An untyped nil until the data have arrived, so that `(node).Node.Node` does not fail in the first pass.
		node: fn("func(...string) (any, error)", (...parts: string[]) => {
			const record = readAny<NodeDetailRecord | undefined>(parts, nodeDependency, undefined);
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
			if (context.sandboxPath !== undefined) requireInside(context.sandboxPath, path);
			return context.data(fileDependency(path)) ?? "";
		}),
	};
}

/** Follows symlinks, so that none leads out of the sandbox. */
function requireInside(sandbox: string, path: string): void {
	const real = (file: string) => {
		try {
			return realpathSync(file);
		} catch {
			return resolve(file);
		}
	};
	const base = real(sandbox);
	const target = real(path.trim());
	if (target !== base && !target.startsWith(base + sep)) throw new Error(`'${path}' is outside of sandbox`);
}
