import { becomeReaper } from "./process-one.ts";
import { program } from "./program.ts";

becomeReaper();
process.exit(await program(process.argv.slice(2)));
