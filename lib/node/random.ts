import { randomBytes } from "node:crypto";
import type { Random } from "../env/index.ts";

export const nodeRandom: Random = {
	next: () => Math.random(),
	bytes: (count) => randomBytes(count),
};
