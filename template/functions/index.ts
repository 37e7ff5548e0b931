/** consul-template's functions (FUNCTIONS.md), one file per family; each is pure or works on the context it is given. */

export { isRead } from "./api.ts";
export type { FunctionContext } from "./context.ts";
export { countMatches, loadRegex } from "./regex.ts";
export { createFunctions, isPure, preloadFunctions } from "./registry.ts";
export { mapSet, mapValues } from "./scratch.ts";
export { elementsOf, entriesOf, fieldOf, numberOf, structTypeOf, textMap, textOf } from "./values.ts";
