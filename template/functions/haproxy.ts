import { goFunc } from "../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";

/** `haproxyServers`: the server lines of a backend, which the `haproxy` block keeps equal to the running state. */
export function haproxyFunctions({ data, haproxyServers }: FunctionContext): FunctionFamily {
	return {
		haproxyServers: goFunc("func(string) (string, error)", (backend: string) => {
			if (haproxyServers === undefined) {
				throw new Error(`haproxyServers: the configuration has no haproxy block with a backend "${backend}"`);
			}
			return (data(haproxyServers(backend)) as string | undefined) ?? "";
		}),
	};
}
