import { main } from "./program.ts";

/** A question that Docker has not answered yet does not keep the program longer than this. */
const endMsMax = 500;

const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
process.exitCode = await main(process.argv.slice(2), process.env, end.signal);
setTimeout(() => process.exit(), endMsMax).unref();
