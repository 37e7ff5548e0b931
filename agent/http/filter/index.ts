/** Filter expressions (`?filter=`): syntax, the fields each answer has, evaluation. */
export { compileFilter, type Predicate } from "./compile.ts";
export { type SchemaName, schemas } from "./schema.ts";
export { parseFilter } from "./syntax.ts";
