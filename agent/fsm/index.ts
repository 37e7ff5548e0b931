export { type Command, decodeCommand, encodeCommand } from "./command.ts";
export { type CommandResult, type StateStoreMachine, stateMachine } from "./state-machine.ts";
