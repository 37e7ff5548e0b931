/** What we use of `yaml`, by name: a bundle in parts gives a CommonJS package that is imported late only as its default. */
export { isAlias, isMap, isScalar, isSeq, parse, parseDocument } from "yaml";
