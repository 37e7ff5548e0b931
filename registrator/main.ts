import { setFlagsFromString } from "node:v8";
import { main } from "./program.ts";

// V8 would rather double its heap than collect what a burst of events leaves. With 500 containers that is 70 MB instead of 125
// (bench/registrator.ts).
for (const flag of ["--optimize-for-size", "--semi-space-growth-factor=1"]) setFlagsFromString(flag);

/** A question that Docker has not answered yet does not keep the program longer than this. */
const endMsMax = 500;

const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
process.exitCode = await main(process.argv.slice(2), process.env, end.signal);
setTimeout(() => process.exit(), endMsMax).unref();
