/** What templates are made from: one file per kind of dependency, and the records that templates see. */
export { datacentersDependency } from "./datacenters.ts";
export type { Dependency, Fetched, FetchOptions } from "./dependency.ts";
export { fileDependency } from "./file.ts";
export { keyDependency, optionalKeyDependency } from "./key.ts";
export { descendants, directChildren, keyListDependency, safeKeyListDependency } from "./key-list.ts";
export { nodeDependency } from "./node.ts";
export { nodesDependency } from "./nodes.ts";
export type {
	KeyPairRecord,
	NodeDetailRecord,
	ServiceInstanceRecord,
} from "./records.ts";
export { connectDependency, serviceDependency } from "./service.ts";
export { servicesDependency } from "./services.ts";
