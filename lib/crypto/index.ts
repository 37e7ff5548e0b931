/** Pure computations of Node's crypto, wrapped so that the core folders may use them. */
export { openAesGcm, type SealOptions, sealAesGcm } from "./aes-gcm.ts";
