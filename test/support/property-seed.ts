import fc from "fast-check";

/**
 * Property tests draw from one fixed seed, so that a run says something about the commit and not about luck. `PROPERTY_SEED=N` takes
 * another one; the long suite passes the time, which is printed with every failure (fast-check names seed and path).
 */
fc.configureGlobal({ seed: Number(process.env["PROPERTY_SEED"] ?? 14_04_1912) });
