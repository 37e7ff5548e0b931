import { metadataSpelling } from "../metadata.ts";
import type { MappingOptions } from "../services-from-container.ts";

/** The mapping of a registrator without options on the host `host`. */
export const plainMapping: MappingOptions = {
	owner: "host",
	hostAddress: "192.0.2.1",
	ip: "",
	internal: false,
	explicit: false,
	addressLabel: "",
	network: "",
	drainMs: 10_000,
	spelling: metadataSpelling([], false),
	only: [],
	exclude: [],
	compat: false,
};
