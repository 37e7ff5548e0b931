import { goFunc } from "../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";

/** `env` and its relatives. */
export function environmentFunctions({ environment }: FunctionContext): FunctionFamily {
	return {
		env: goFunc("func(string) (string, error)", (name: string) => environment[name] ?? ""),
		mustEnv: goFunc("func(string) (string, error)", (name: string) => {
			const value = environment[name] ?? "";
			if (value === "") throw new Error(`required environment variable ${name} is empty`);
			return value;
		}),
		envOrDefault: goFunc(
			"func(string, string) (string, error)",
			(name: string, otherwise: string) => environment[name] ?? otherwise,
		),
	};
}
