export { Incoming } from "./incoming.ts";
