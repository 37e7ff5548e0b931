/** The HTTP API: parse, authorize, ask the local agent or the servers, encode. */
export { answerFilters } from "./answer-filters.ts";
export type { HttpConfig, HttpListenAddress, HttpServer, HttpServerOptions, HttpTls } from "./options.ts";
export { createHttpServer } from "./server.ts";
export type { RegistrationRules, ServiceRegistration } from "./service-registration.ts";
export { parseServiceRegistration } from "./service-registration.ts";
