export type { Authorizer, Permission, Resource } from "./authorizer.ts";
export { allowAll } from "./authorizer.ts";
