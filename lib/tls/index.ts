/** TLS of one interface: what was configured, its files read for Node, and the two sides of a connection between agents. */

export { type AcceptedTls, createTlsAcceptor, type TlsAcceptor } from "./accept.ts";
export { type ConnectTlsOptions, connectTls } from "./connect.ts";
export { contextOptions, openKeyWarnings, readTlsFiles, type TlsFiles } from "./files.ts";
export { type InterfaceTls, type TlsVersion, tlsSuites } from "./interface-tls.ts";
