/** Pure computations that Node does well, wrapped so that the core folders may use them. */
export { crc32 } from "./crc32.ts";
