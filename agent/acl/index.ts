export type { Authorizer, Permission } from "./authorizer.ts";
export { allowAll } from "./authorizer.ts";
