/** The Node versions of `lib/env`. Only the edges import this; the core folders never do (checked). */

export { leftBehind, type StagedFile, stageFile, writeFileAtomic } from "./atomic-file.ts";
export { nodeClock } from "./clock.ts";
export { nodeDisk } from "./disk.ts";
export { makeFolders } from "./make-folders.ts";
export { connectionOf, firstByteOf, nodeNetwork, socketOf } from "./network.ts";
export { nodeRandom } from "./random.ts";
export { tellSystemdReady } from "./systemd-ready.ts";
