import type { CheckStatus, ServiceAddress, ServiceWeights } from "./catalog.ts";

/** A check in a registration. Durations are Go strings (`10s`). */
export interface AgentCheckRegistration {
	readonly CheckID?: string;
	readonly ID?: string;
	readonly Name?: string;
	readonly Notes?: string;
	readonly ServiceID?: string;
	readonly Status?: CheckStatus;
	readonly HTTP?: string;
	readonly Method?: string;
	readonly Header?: Readonly<Record<string, readonly string[]>>;
	readonly Body?: string;
	readonly DisableRedirects?: boolean;
	readonly TLSServerName?: string;
	readonly TLSSkipVerify?: boolean;
	readonly TCP?: string;
	readonly GRPC?: string;
	readonly GRPCUseTLS?: boolean;
	readonly TTL?: string;
	readonly Args?: readonly string[];
	readonly ScriptArgs?: readonly string[];
	readonly DockerContainerID?: string;
	readonly Shell?: string;
	readonly Interval?: string;
	readonly Timeout?: string;
	readonly SuccessBeforePassing?: number;
	readonly FailuresBeforeWarning?: number;
	readonly FailuresBeforeCritical?: number;
	readonly DeregisterCriticalServiceAfter?: string;
}

/** The body of `PUT /v1/agent/service/register`. */
export interface AgentServiceRegistration {
	readonly ID?: string;
	readonly Name: string;
	readonly Tags?: readonly string[];
	readonly Address?: string;
	readonly Port?: number;
	readonly Meta?: Readonly<Record<string, string>>;
	readonly TaggedAddresses?: Readonly<Record<string, ServiceAddress>>;
	readonly Weights?: ServiceWeights;
	readonly EnableTagOverride?: boolean;
	readonly Check?: AgentCheckRegistration;
	readonly Checks?: readonly AgentCheckRegistration[];
}

/** The body of `PUT /v1/catalog/register`. */
export interface CatalogRegistration {
	readonly ID?: string;
	readonly Node: string;
	readonly Address: string;
	readonly Datacenter?: string;
	readonly TaggedAddresses?: Readonly<Record<string, string>>;
	readonly NodeMeta?: Readonly<Record<string, string>>;
	readonly SkipNodeUpdate?: boolean;
	readonly Service?: {
		readonly ID?: string;
		readonly Service: string;
		readonly Tags?: readonly string[];
		readonly Address?: string;
		readonly Port?: number;
		readonly Meta?: Readonly<Record<string, string>>;
		readonly TaggedAddresses?: Readonly<Record<string, ServiceAddress>>;
		readonly Weights?: ServiceWeights;
		readonly EnableTagOverride?: boolean;
	};
	readonly Check?: CatalogCheck;
	readonly Checks?: readonly CatalogCheck[];
}

interface CatalogCheck {
	readonly Node?: string;
	readonly CheckID?: string;
	readonly Name?: string;
	readonly Status?: CheckStatus;
	readonly Notes?: string;
	readonly Output?: string;
	readonly ServiceID?: string;
}

/** The body of `PUT /v1/catalog/deregister`: the node, or only one service or check of it. */
export interface CatalogDeregistration {
	readonly Node: string;
	readonly Datacenter?: string;
	readonly ServiceID?: string;
	readonly CheckID?: string;
}
