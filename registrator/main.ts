import { main } from "./program.ts";

const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
process.exitCode = await main(process.argv.slice(2), process.env, end.signal);
