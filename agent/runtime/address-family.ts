/** The suffix of a tagged address: `ipv4` or `ipv6`. */
export function addressFamily(address: string): "ipv4" | "ipv6" {
	return address.includes(":") ? "ipv6" : "ipv4";
}
