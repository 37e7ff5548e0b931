import { type GoValue, goFunc } from "../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "./context.ts";

/** `executeTemplate`. */
export function nestedTemplateFunctions(context: FunctionContext): FunctionFamily {
	return {
		executeTemplate: goFunc("func(string, ...any) (string, error)", (name: string, ...data: GoValue[]) => {
			if (data.length > 1) {
				throw new Error(`executeTemplate: wrong number of arguments, expected 1 or 2, but got ${data.length + 1}`);
			}
			return context.execute(name, data[0]);
		}),
	};
}
