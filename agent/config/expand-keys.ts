import { expandAddresses, type InterfaceAddress } from "./address-templates/index.ts";
import type { Fragment } from "./keys.ts";

const single = [
	"bind_addr",
	"client_addr",
	"advertise_addr",
	"advertise_addr_ipv4",
	"advertise_addr_ipv6",
	"advertise_addr_wan",
	"advertise_addr_wan_ipv4",
	"advertise_addr_wan_ipv6",
	"serf_lan",
	"serf_wan",
] as const;

const lists = ["recursors", "retry_join", "retry_join_wan", "start_join", "start_join_wan"] as const;

/** The same configuration with the templates in its addresses replaced by what they say. Fails with `CONFIG_INVALID`. */
export function withAddressesExpanded(given: Fragment, known?: readonly InterfaceAddress[]): Fragment {
	const expanded: Record<string, unknown> = {};
	for (const key of single) {
		const text = given[key];
		if (text !== undefined) expanded[key] = expandAddresses(key, text, known);
	}
	for (const key of lists) {
		// One template may stand for several addresses.
		expanded[key] = given[key]?.flatMap((text) =>
			text.includes("{{") ? expandAddresses(key, text, known).split(/\s+/) : [text],
		);
		if (expanded[key] === undefined) delete expanded[key];
	}
	const addresses =
		given.addresses &&
		Object.fromEntries(
			Object.entries(given.addresses).map(([key, text]) => [key, expandAddresses(`addresses.${key}`, text, known)]),
		);
	return { ...given, ...expanded, ...(addresses === undefined ? {} : { addresses }) };
}
