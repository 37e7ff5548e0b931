/** Addresses that the machine knows better than the configuration: `{{ GetInterfaceIP "eth0" }}`. */
export { expandAddresses } from "./expand.ts";
export type { InterfaceAddress } from "./interface-address.ts";
