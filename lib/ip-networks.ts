import { BlockList, isIP } from "node:net";

/** Networks such as `10.0.0.0/8` and `fd00::/8`, which were checked when they were read. */
export interface IpNetworks {
	readonly isEmpty: boolean;
	/** Whether the address lies in one of them; an IPv4 address in IPv6 form (`::ffff:10.0.0.1`) is the IPv4 one. */
	has(address: string): boolean;
}

export function ipNetworks(texts: readonly string[]): IpNetworks {
	const list = new BlockList();
	const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
	for (const text of texts) {
		const [address = "", prefix = ""] = text.split("/");
		list.addSubnet(address, Number(prefix), familyOf(address));
	}
	return {
		isEmpty: texts.length === 0,
		has(address) {
			const bare = address.replace(/^::ffff:(?=\d+\.)/i, "");
			return isIP(bare) !== 0 && list.check(bare, familyOf(bare));
		},
	};
}
