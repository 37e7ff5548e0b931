export { type Command, decodeCommand, encodeCommand } from "./command.ts";
export { applyCommand, type CommandResult, type StateStoreMachine, stateMachine } from "./state-machine.ts";
