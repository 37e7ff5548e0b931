/** TLS of one interface: what was configured, and its files read for Node. */

export { readTlsFiles, type TlsFiles } from "./files.ts";
export { type InterfaceTls, type TlsVersion, tlsSuites } from "./interface-tls.ts";
