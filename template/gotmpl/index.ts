/** Go's text/template language: parse once, execute often. Synchronous and pure. */
export { builtins } from "./builtins.ts";
export { bytesOfText, textOfBytes, wellFormed } from "./bytes.ts";
export { TemplateError, type TemplateErrorDetails } from "./error.ts";
export { plainText } from "./format/value.ts";
export { type Budget, type Limits, newBudget } from "./limits.ts";
export type { Reads } from "./memo.ts";
export { type Source, Suspended } from "./state.ts";
export {
	type ExecuteOptions,
	type Execution,
	type FunctionNames,
	type MissingKey,
	type ParseOptions,
	parse,
	type Template,
	type TemplateFunctions,
} from "./template.ts";
export { goSignature, goType, type NamedTypes } from "./type-text.ts";
export * from "./types.ts";
export * from "./values.ts";
