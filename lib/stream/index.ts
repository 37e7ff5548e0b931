export { Incoming } from "./incoming.ts";
export { type Parse, Received } from "./received.ts";
