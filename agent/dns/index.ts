export type { DnsOptions, RecursorAddress, SoaOptions } from "./options.ts";
export { defaultDnsOptions } from "./options.ts";
export type { PreparedQueries, PreparedQueryResult } from "./prepared-queries.ts";
export type { DnsServer, DnsServerParts } from "./server.ts";
export { createDnsServer } from "./server.ts";
