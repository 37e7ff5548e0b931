/** The server port: first byte, yamux, msgpack-rpc, and the methods that are spoken on it. */
export { listenOnServerPort, type ServerPortOptions } from "./first-byte.ts";
export { methods } from "./methods.ts";
export { type Method, type ServedMethod, served } from "./rpc.ts";
export { RpcClient } from "./rpc-client.ts";
