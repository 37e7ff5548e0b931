import type { Route } from "./route.ts";

/** What a path leads to; `moved` is a prefix without its slash. */
export type Found =
	| { readonly kind: "route"; readonly route: Route; readonly item: string }
	| { readonly kind: "moved"; readonly location: string };

export interface Router {
	/** The route of a decoded path: the exact one, else the longest prefix, as Go's ServeMux decides. */
	find(path: string): Found | undefined;
}

export function createRouter(routes: readonly Route[]): Router {
	const exact = new Map<string, Found>();
	const prefixes = new Map<string, Route>();
	for (const route of routes) {
		if (route.path.endsWith("/")) {
			prefixes.set(route.path, route);
			const bare = route.path.slice(0, -1);
			if (!exact.has(bare) && bare !== "") exact.set(bare, { kind: "moved", location: route.path });
		} else exact.set(route.path, { kind: "route", route, item: "" });
	}
	const longest = Math.max(0, ...[...prefixes.keys()].map((path) => path.length));
	return {
		find(path) {
			const known = exact.get(path);
			if (known !== undefined) return known;
			for (let slash = path.lastIndexOf("/", longest - 1); slash >= 0; slash = path.lastIndexOf("/", slash - 1)) {
				const route = prefixes.get(path.slice(0, slash + 1));
				if (route !== undefined) return { kind: "route", route, item: path.slice(slash + 1) };
				if (slash === 0) break;
			}
			return undefined;
		},
	};
}
