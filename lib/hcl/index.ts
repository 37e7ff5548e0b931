/**
 * Configuration files: HCL 1 and JSON read into one model with places (`parseConfig`), and that model read by a table of typed
 * keys (`decodeObject`). Pure.
 */
export { parseHcl } from "./hcl.ts";
export { parseJsonConfig } from "./json.ts";
export { type ConfigEntry, type ConfigNode, type ConfigObject, type Position, plainValue } from "./node.ts";
export { parseConfig } from "./parse.ts";
export { type Decoded, decodeObject, type Field, type Fields, field, invalidValue, isConfigError } from "./schema.ts";
