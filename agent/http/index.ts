/** The HTTP API: `createHttpServer(options: HttpServerOptions): HttpServer`. */
export type { HttpConfig, HttpListenAddress, HttpServer, HttpServerOptions } from "./options.ts";
