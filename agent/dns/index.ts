export type { PreparedQueries } from "./prepared-queries.ts";
export { createDnsServer } from "./server.ts";
