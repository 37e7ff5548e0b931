export { createDnsServer } from "./server.ts";
