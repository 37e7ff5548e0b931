import type {
	AclAuthMethod,
	AclAuthorization,
	AclAuthorizationRequest,
	AclBindingRule,
	AclPolicy,
	AclReplication,
	AclRole,
	AclToken,
} from "./acl-shapes.ts";
import { type ReadOptions, type ReadResult, read, readOptional } from "./read.ts";
import { type CallOptions, type QueryValue, type Requester, v1 } from "./request.ts";
import { write, writeJson } from "./write.ts";

/** What is asked for when one is made or changed: the fields that the agent does not fill itself. */
export type AclPolicyRequest = Partial<Omit<AclPolicy, Filled>>;
export type AclRoleRequest = Partial<Omit<AclRole, Filled>>;
/** `AccessorID` and `SecretID` may be chosen when the token is made. */
export type AclTokenRequest = Partial<Omit<AclToken, "Hash" | "CreateTime" | "CreateIndex" | "ModifyIndex">> & {
	/** A Go duration after which the token is gone. */
	readonly ExpirationTTL?: string;
};
export type AclAuthMethodRequest = Partial<Omit<AclAuthMethod, "CreateIndex" | "ModifyIndex">>;
export type AclBindingRuleRequest = Partial<Omit<AclBindingRule, Filled>>;
type Filled = "ID" | "Hash" | "CreateIndex" | "ModifyIndex";

/** Which tokens to list; all that are given must hold. */
export type AclTokenFilter = ReadOptions & {
	/** Id of a policy that they have. */
	readonly policy?: string;
	/** Id of a role that they have. */
	readonly role?: string;
	/** Name of the method that they were got by. */
	readonly authMethod?: string;
};

/**
 * `/v1/acl`: who may do what. An agent without ACLs answers `HTTP_STATUS` 401 to all of it; 403 says that the token may not, and
 * also that there is no such policy or token (the agent does not tell them apart).
 */
export interface AclClient {
	/** The first token, which may do everything; once per cluster. Error: `HTTP_STATUS` 403 when there was one already. */
	bootstrap(options?: CallOptions & { readonly secretId?: string }): Promise<AclToken>;
	/** How far this data center's copy of the primary's ACLs is. */
	replication(options?: CallOptions): Promise<AclReplication>;
	/** A token in exchange for what a method trusts (a JWT). */
	login(
		request: {
			readonly authMethod: string;
			readonly bearerToken: string;
			readonly meta?: Readonly<Record<string, string>>;
		},
		options?: CallOptions,
	): Promise<AclToken>;
	/** Ends the token that the call is made with; it must have been got by `login`. */
	logout(options?: CallOptions): Promise<void>;
	/** Whether the call's token may do each of these, in their order. */
	authorize(questions: readonly AclAuthorizationRequest[], options?: CallOptions): Promise<readonly AclAuthorization[]>;

	/** Without their rules. */
	policies(options?: ReadOptions): Promise<ReadResult<readonly AclPolicy[]>>;
	policy(id: string, options?: ReadOptions): Promise<ReadResult<AclPolicy>>;
	policyByName(name: string, options?: ReadOptions): Promise<ReadResult<AclPolicy>>;
	createPolicy(policy: AclPolicyRequest, options?: CallOptions): Promise<AclPolicy>;
	/** Fields that are left out become empty. */
	updatePolicy(id: string, policy: AclPolicyRequest, options?: CallOptions): Promise<AclPolicy>;
	deletePolicy(id: string, options?: CallOptions): Promise<void>;

	roles(options?: ReadOptions & { readonly policy?: string }): Promise<ReadResult<readonly AclRole[]>>;
	/** Undefined when there is none. */
	role(id: string, options?: ReadOptions): Promise<ReadResult<AclRole | undefined>>;
	/** Undefined when there is none. */
	roleByName(name: string, options?: ReadOptions): Promise<ReadResult<AclRole | undefined>>;
	createRole(role: AclRoleRequest, options?: CallOptions): Promise<AclRole>;
	updateRole(id: string, role: AclRoleRequest, options?: CallOptions): Promise<AclRole>;
	deleteRole(id: string, options?: CallOptions): Promise<void>;

	tokens(options?: AclTokenFilter): Promise<ReadResult<readonly AclToken[]>>;
	/** By its accessor id; `expanded` adds the policies and roles that it ends up with. */
	token(accessorId: string, options?: ReadOptions & { readonly expanded?: boolean }): Promise<ReadResult<AclToken>>;
	/** The token that the call is made with. */
	selfToken(options?: ReadOptions): Promise<ReadResult<AclToken>>;
	createToken(token: AclTokenRequest, options?: CallOptions): Promise<AclToken>;
	updateToken(accessorId: string, token: AclTokenRequest, options?: CallOptions): Promise<AclToken>;
	/** A new token with the same permissions. */
	cloneToken(accessorId: string, description: string, options?: CallOptions): Promise<AclToken>;
	deleteToken(accessorId: string, options?: CallOptions): Promise<void>;

	authMethods(options?: ReadOptions): Promise<ReadResult<readonly AclAuthMethod[]>>;
	/** Undefined when there is none. */
	authMethod(name: string, options?: ReadOptions): Promise<ReadResult<AclAuthMethod | undefined>>;
	createAuthMethod(method: AclAuthMethodRequest, options?: CallOptions): Promise<AclAuthMethod>;
	updateAuthMethod(name: string, method: AclAuthMethodRequest, options?: CallOptions): Promise<AclAuthMethod>;
	deleteAuthMethod(name: string, options?: CallOptions): Promise<void>;

	bindingRules(
		options?: ReadOptions & { readonly authMethod?: string },
	): Promise<ReadResult<readonly AclBindingRule[]>>;
	/** Undefined when there is none. */
	bindingRule(id: string, options?: ReadOptions): Promise<ReadResult<AclBindingRule | undefined>>;
	createBindingRule(rule: AclBindingRuleRequest, options?: CallOptions): Promise<AclBindingRule>;
	updateBindingRule(id: string, rule: AclBindingRuleRequest, options?: CallOptions): Promise<AclBindingRule>;
	deleteBindingRule(id: string, options?: CallOptions): Promise<void>;
}

export function createAclClient(requester: Requester): AclClient {
	const acl = (...segments: readonly string[]) => v1("acl", ...segments);
	const get = <T>(path: string, options?: ReadOptions, query?: Readonly<Record<string, QueryValue>>) =>
		read<T>(requester, path, options, query);
	const find = <T>(path: string, options?: ReadOptions) => readOptional<T>(requester, path, options);
	const put = <T>(path: string, json: unknown, options?: CallOptions) =>
		writeJson<T>(requester, path, options, { json });
	const remove = (path: string, options?: CallOptions) => write(requester, path, options, { method: "DELETE" });
	return {
		bootstrap: (options) =>
			put(
				acl("bootstrap"),
				options?.secretId === undefined ? undefined : { BootstrapSecret: options.secretId },
				options,
			),
		replication: async (options) => (await get<AclReplication>(acl("replication"), options)).value,
		login: ({ authMethod, bearerToken, meta }, options) =>
			writeJson(requester, acl("login"), options, {
				method: "POST",
				json: { AuthMethod: authMethod, BearerToken: bearerToken, Meta: meta },
			}),
		logout: (options) => write(requester, acl("logout"), options, { method: "POST" }),
		authorize: (questions, options) =>
			writeJson(requester, v1("internal", "acl", "authorize"), options, { method: "POST", json: questions }),

		policies: (options) => get(acl("policies"), options),
		policy: (id, options) => get(acl("policy", id), options),
		policyByName: (name, options) => get(acl("policy", "name", name), options),
		createPolicy: (policy, options) => put(acl("policy"), policy, options),
		updatePolicy: (id, policy, options) => put(acl("policy", id), { ...policy, ID: id }, options),
		deletePolicy: (id, options) => remove(acl("policy", id), options),

		roles: (options) => get(acl("roles"), options, { policy: options?.policy }),
		role: (id, options) => find(acl("role", id), options),
		roleByName: (name, options) => find(acl("role", "name", name), options),
		createRole: (role, options) => put(acl("role"), role, options),
		updateRole: (id, role, options) => put(acl("role", id), { ...role, ID: id }, options),
		deleteRole: (id, options) => remove(acl("role", id), options),

		tokens: (options) =>
			get(acl("tokens"), options, { policy: options?.policy, role: options?.role, authmethod: options?.authMethod }),
		token: (accessorId, options) => get(acl("token", accessorId), options, { expanded: options?.expanded }),
		selfToken: (options) => get(acl("token", "self"), options),
		createToken: (token, options) => put(acl("token"), token, options),
		updateToken: (accessorId, token, options) =>
			put(acl("token", accessorId), { ...token, AccessorID: accessorId }, options),
		cloneToken: (accessorId, description, options) =>
			put(acl("token", accessorId, "clone"), { Description: description }, options),
		deleteToken: (accessorId, options) => remove(acl("token", accessorId), options),

		authMethods: (options) => get(acl("auth-methods"), options),
		authMethod: (name, options) => find(acl("auth-method", name), options),
		createAuthMethod: (method, options) => put(acl("auth-method"), method, options),
		updateAuthMethod: (name, method, options) => put(acl("auth-method", name), { ...method, Name: name }, options),
		deleteAuthMethod: (name, options) => remove(acl("auth-method", name), options),

		bindingRules: (options) => get(acl("binding-rules"), options, { authmethod: options?.authMethod }),
		bindingRule: (id, options) => find(acl("binding-rule", id), options),
		createBindingRule: (rule, options) => put(acl("binding-rule"), rule, options),
		updateBindingRule: (id, rule, options) => put(acl("binding-rule", id), { ...rule, ID: id }, options),
		deleteBindingRule: (id, options) => remove(acl("binding-rule", id), options),
	};
}
