import { simpleCommand } from "./command.ts";
export const dev = simpleCommand({ usage: "", about: "", flags: {}, run: async () => 1 });
