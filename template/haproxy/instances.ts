import { crc32 } from "../../lib/checksum/index.ts";
import { formatIpAddress, parseIpAddress } from "../../lib/ip-address.ts";
import type { ServiceInstanceRecord } from "../dependencies/index.ts";

/** An instance of a service as a backend sees it. */
export interface Instance {
	/** The same as long as the instance lives, and nobody else's. */
	readonly key: string;
	/** A server name made of the service id; two nodes may have the same. */
	readonly label: string;
	readonly address: string;
	readonly port: number;
	/** 0 to 256. */
	readonly weight: number;
	readonly draining: boolean;
}

/** HAProxy's greatest weight. */
const weightMax = 256;
/** Longer service ids are cut; a checksum keeps them apart. */
const labelLengthMax = 100;

/**
 * The instances that belong into a backend, and those that HAProxy cannot take (said in a sentence).
 *
 * Passing and warning ones take requests, with their weight for that state; one in maintenance drains, whoever set it; a critical
 * one is left out. Weights above 256 are scaled so that the greatest is 256.
 */
export function instancesOf(records: readonly ServiceInstanceRecord[]): {
	readonly instances: readonly Instance[];
	readonly leftOut: readonly string[];
} {
	const leftOut: string[] = [];
	const taken: { readonly record: ServiceInstanceRecord; readonly address: string; readonly weight: number }[] = [];
	for (const record of records) {
		const { ID, Address, Port, Status, Weights } = record;
		if (Status === "critical" || Port === 0) continue;
		const address = parseIpAddress(Address);
		if (address === undefined) {
			leftOut.push(`${ID}: its address "${Address}" is a name; HAProxy takes only IP addresses while it runs`);
			continue;
		}
		const weight = Math.max(0, Status === "warning" ? Weights.Warning : Weights.Passing);
		taken.push({ record, address: formatIpAddress(address), weight });
	}
	const scale = Math.min(1, weightMax / Math.max(1, ...taken.map(({ weight }) => weight)));
	const instances = taken.map(({ record, address, weight }) => ({
		key: `${record.Node}/${record.ID}`,
		label: labelOf(record.ID),
		address,
		port: record.Port,
		weight: weight === 0 ? 0 : Math.max(1, Math.round(weight * scale)),
		draining: record.Status === "maintenance",
	}));
	return { instances, leftOut };
}

function labelOf(id: string): string {
	const label = id.replace(/[^A-Za-z0-9_.:-]/g, "_");
	if (label.length <= labelLengthMax) return label;
	return `${label.slice(0, labelLengthMax)}_${crc32(Buffer.from(id)).toString(16).padStart(8, "0")}`;
}
