/** X.509 certificates: our own writer, since Node only reads them (ARCHITECTURE.md, decision 15). */
export { createCertificate, type NamePart } from "./certificate.ts";
export { subjectOf } from "./issuer.ts";
