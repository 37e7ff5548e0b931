/** The HTTP API of an agent (disco's or Consul's) as a typed library. */
export { type AgentAddress, defaultAddress, parseAgentAddress } from "./address.ts";
export type { AgentClient, AgentSelf } from "./agent.ts";
export type { CatalogClient, CatalogNode } from "./catalog.ts";
export { type Client, createClient } from "./client.ts";
export { clientOptionsFromEnvironment, parseBasicAuth, readTokenFile } from "./environment.ts";
export { HttpStatusError, isHttpStatus } from "./errors.ts";
export type { HealthClient, HealthServiceOptions } from "./health.ts";
export { type KvClient, type KvDeleteOptions, type KvPutOptions, kvBytes, kvText, parseKvPairs } from "./kv.ts";
export type { ClientOptions, ClientTls } from "./options.ts";
export type { ReadOptions, ReadResult } from "./read.ts";
export type { Answer, CallOptions, QueryValue, Requester, RequestOptions } from "./request.ts";
export type { StatusClient } from "./status.ts";
export type { StreamedAnswer } from "./transport.ts";
export { type WatchFailure, type WatchOptions, type WatchQuery, watch } from "./watch.ts";
