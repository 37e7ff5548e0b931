export { polledSource } from "./polled.ts";
export { readerOf } from "./readers.ts";
export { parseSource, type SourceOption } from "./source-option.ts";
