/** What templates see: the values of the API functions, with the fields of FUNCTIONS.md under their names. */

/** An element of `ls`, `tree`, `safeLs`, `safeTree`. */
export interface KeyPairRecord {
	readonly Path: string;
	/** Relative to the prefix asked for. */
	readonly Key: string;
	readonly Value: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
	readonly LockIndex: number;
	/** Unsigned 64 bit. */
	readonly Flags: number | bigint;
	readonly Session: string;
}

/** An element of `services`. */
export interface ServiceNameRecord {
	readonly Name: string;
	readonly Tags: readonly string[];
}

/** An element of `nodes`. */
export interface NodeRecord {
	readonly ID: string;
	readonly Node: string;
	readonly Address: string;
	readonly Datacenter: string;
	readonly TaggedAddresses: Readonly<Record<string, string>>;
	readonly Meta: Readonly<Record<string, string>>;
}

/** What `node` gives. */
export interface NodeDetailRecord {
	/** Undefined for an unknown node. */
	readonly Node: NodeRecord | undefined;
	readonly Services: readonly NodeServiceRecord[];
}

export interface NodeServiceRecord {
	readonly ID: string;
	readonly Service: string;
	readonly Tags: readonly string[];
	readonly Meta: Readonly<Record<string, string>>;
	readonly Port: number;
	readonly Address: string;
	readonly EnableTagOverride: boolean;
}

/** An element of `service`. */
export interface ServiceInstanceRecord {
	readonly Node: string;
	readonly NodeID: string;
	readonly NodeAddress: string;
	readonly NodeTaggedAddresses: Readonly<Record<string, string>>;
	readonly NodeMeta: Readonly<Record<string, string>>;
	readonly ServiceMeta: Readonly<Record<string, string>>;
	/** The node's when the service has none. */
	readonly Address: string;
	readonly ServiceTaggedAddresses: Readonly<Record<string, { readonly Address: string; readonly Port: number }>>;
	readonly ID: string;
	readonly Name: string;
	/** In byte order. */
	readonly Tags: readonly string[];
	readonly Checks: readonly CheckRecord[];
	/** The worst of the checks. */
	readonly Status: ServiceStatus;
	readonly Port: number;
	readonly Weights: { readonly Passing: number; readonly Warning: number };
}

export type ServiceStatus = "passing" | "warning" | "critical" | "maintenance";

export interface CheckRecord {
	readonly Node: string;
	readonly CheckID: string;
	readonly Name: string;
	readonly Status: string;
	readonly Notes: string;
	readonly Output: string;
	readonly ServiceID: string;
	readonly ServiceName: string;
	readonly ServiceTags: readonly string[];
	readonly Type: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}
