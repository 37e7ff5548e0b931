export type CheckStatus = "passing" | "warning" | "critical";

export interface ServiceWeights {
	readonly Passing: number;
	readonly Warning: number;
}

export interface ServiceAddress {
	readonly Address: string;
	readonly Port: number;
}

/** A node in `/v1/catalog/nodes` and in health answers. */
export interface NodeRecord {
	readonly ID: string;
	readonly Node: string;
	readonly Address: string;
	readonly Datacenter: string;
	readonly TaggedAddresses: Readonly<Record<string, string>> | null;
	readonly Meta: Readonly<Record<string, string>> | null;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** A service instance inside health answers and `/v1/catalog/node`. */
export interface ServiceRecord {
	readonly ID: string;
	readonly Service: string;
	readonly Tags: readonly string[];
	readonly Address: string;
	readonly TaggedAddresses?: Readonly<Record<string, ServiceAddress>>;
	readonly Meta: Readonly<Record<string, string>> | null;
	readonly Port: number;
	readonly Weights: ServiceWeights;
	readonly EnableTagOverride: boolean;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

export interface CheckDefinition {
	readonly HTTP?: string;
	readonly TCP?: string;
	readonly Interval?: string;
	readonly Timeout?: string;
	readonly [field: string]: unknown;
}

/** A check in the health and catalog answers. */
export interface HealthCheck {
	readonly Node: string;
	readonly CheckID: string;
	readonly Name: string;
	readonly Status: CheckStatus;
	readonly Notes: string;
	readonly Output: string;
	/** Empty for a check of the node. */
	readonly ServiceID: string;
	readonly ServiceName: string;
	readonly ServiceTags: readonly string[];
	readonly Type: string;
	readonly Interval: string;
	readonly Timeout: string;
	readonly ExposedPort: number;
	readonly Definition: CheckDefinition;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** An element of `/v1/health/service/NAME`. */
export interface ServiceEntry {
	readonly Node: NodeRecord;
	readonly Service: ServiceRecord;
	readonly Checks: readonly HealthCheck[];
}

/** An element of `/v1/catalog/service/NAME`. */
export interface CatalogServiceEntry {
	readonly ID: string;
	readonly Node: string;
	readonly Address: string;
	readonly Datacenter: string;
	readonly TaggedAddresses: Readonly<Record<string, string>> | null;
	readonly NodeMeta: Readonly<Record<string, string>> | null;
	readonly ServiceKind: string;
	readonly ServiceID: string;
	readonly ServiceName: string;
	readonly ServiceTags: readonly string[];
	readonly ServiceAddress: string;
	readonly ServiceTaggedAddresses?: Readonly<Record<string, ServiceAddress>>;
	readonly ServiceWeights: ServiceWeights;
	readonly ServiceMeta: Readonly<Record<string, string>>;
	readonly ServicePort: number;
	readonly ServiceEnableTagOverride: boolean;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** A value of `/v1/agent/services`. */
export interface AgentService {
	readonly ID: string;
	readonly Service: string;
	readonly Tags: readonly string[];
	readonly Meta: Readonly<Record<string, string>>;
	readonly Port: number;
	readonly Address: string;
	readonly TaggedAddresses?: Readonly<Record<string, ServiceAddress>>;
	readonly Weights: ServiceWeights;
	readonly EnableTagOverride: boolean;
	readonly Datacenter?: string;
}

/** A value of `/v1/agent/checks`. */
export interface AgentCheck {
	readonly Node: string;
	readonly CheckID: string;
	readonly Name: string;
	readonly Status: CheckStatus;
	readonly Notes: string;
	readonly Output: string;
	readonly ServiceID: string;
	readonly ServiceName: string;
	readonly ServiceTags: readonly string[];
	readonly Type: string;
	readonly Interval: string;
	readonly Timeout: string;
	readonly Definition: CheckDefinition;
}

/** An element of `/v1/agent/members`. `Status`: 1 alive, 2 leaving, 3 left, 4 failed. */
export interface AgentMember {
	readonly Name: string;
	readonly Addr: string;
	readonly Port: number;
	readonly Tags: Readonly<Record<string, string>>;
	readonly Status: number;
	readonly ProtocolMin: number;
	readonly ProtocolMax: number;
	readonly ProtocolCur: number;
	readonly DelegateMin: number;
	readonly DelegateMax: number;
	readonly DelegateCur: number;
}
