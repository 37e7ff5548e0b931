/** A named set of rules. */
export interface AclPolicy {
	readonly ID: string;
	readonly Name: string;
	readonly Description: string;
	/** HCL or JSON; absent from lists. */
	readonly Rules?: string;
	/** Where it holds; null or absent: everywhere. */
	readonly Datacenters?: readonly string[] | null;
	readonly Hash: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** Names a policy or role by either field; answers have both. */
export interface AclLink {
	readonly ID?: string;
	readonly Name?: string;
}

/** What a service needs to register itself and to find others, without a policy of its own. */
export interface AclServiceIdentity {
	readonly ServiceName: string;
	readonly Datacenters?: readonly string[];
}

/** What an agent needs to register its node. */
export interface AclNodeIdentity {
	readonly NodeName: string;
	readonly Datacenter: string;
}

/** What tokens and roles are made of. */
export interface AclGrants {
	readonly Policies?: readonly AclLink[];
	readonly ServiceIdentities?: readonly AclServiceIdentity[];
	readonly NodeIdentities?: readonly AclNodeIdentity[];
}

/** A set of permissions that several tokens share. */
export interface AclRole extends AclGrants {
	readonly ID: string;
	readonly Name: string;
	readonly Description: string;
	readonly Hash: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

export interface AclToken extends AclGrants {
	/** Its public name. */
	readonly AccessorID: string;
	/** What requests are made with. A secret. */
	readonly SecretID: string;
	readonly Description: string;
	readonly Roles?: readonly AclLink[];
	/** Known only in this data center. */
	readonly Local: boolean;
	/** The method that it was got by. */
	readonly AuthMethod?: string;
	/** RFC 3339. */
	readonly ExpirationTime?: string;
	readonly CreateTime: string;
	readonly Hash: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
	/** With `expanded`. */
	readonly ExpandedPolicies?: readonly AclPolicy[];
	readonly ExpandedRoles?: readonly AclRole[];
	readonly AgentACLDefaultPolicy?: string;
	readonly AgentACLDownPolicy?: string;
	readonly ResolvedByAgent?: string;
}

/** Trusts somebody else's word on who a caller is. */
export interface AclAuthMethod {
	readonly Name: string;
	/** `jwt`, `oidc`, `kubernetes` or `aws-iam`. */
	readonly Type: string;
	readonly DisplayName?: string;
	readonly Description?: string;
	/** A Go duration. */
	readonly MaxTokenTTL?: string;
	readonly TokenLocality?: "local" | "global";
	/** What the type needs; absent from lists. */
	readonly Config?: Readonly<Record<string, unknown>>;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** What a token that an auth method gives may do. */
export interface AclBindingRule {
	readonly ID: string;
	readonly Description: string;
	readonly AuthMethod: string;
	/** An expression over what the method says of the caller; empty: everybody. */
	readonly Selector: string;
	readonly BindType: "service" | "role" | "node";
	/** May have `${...}` in it. */
	readonly BindName: string;
	readonly CreateIndex: number;
	readonly ModifyIndex: number;
}

/** Times are RFC 3339; the year 1 means never. */
export interface AclReplication {
	readonly Enabled: boolean;
	readonly Running: boolean;
	readonly SourceDatacenter: string;
	readonly ReplicationType: string;
	readonly ReplicatedIndex: number;
	readonly ReplicatedRoleIndex: number;
	readonly ReplicatedTokenIndex: number;
	readonly LastSuccess: string;
	readonly LastError: string;
	readonly LastErrorMessage: string;
}

/** May the token do this? */
export interface AclAuthorizationRequest {
	/** `key`, `service`, `node`, `session`, ... */
	readonly Resource: string;
	readonly Access: "read" | "list" | "write";
	/** The resource's name or prefix. */
	readonly Segment?: string;
}

export interface AclAuthorization extends AclAuthorizationRequest {
	readonly Allow: boolean;
}
