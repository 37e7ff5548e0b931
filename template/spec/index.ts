/** Tests of templates against recorded data, without a server. */
export { testCommand } from "./test-command.ts";
