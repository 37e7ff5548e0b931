import { runProgram } from "./program.ts";

// Nothing is under way any more when it resolves; an idle keep-alive connection must not hold the process.
process.exit(await runProgram(process.argv.slice(2)));
