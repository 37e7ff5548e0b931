import { DiscoError } from "../../../lib/errors.ts";
import type { ServedMethod } from "../wire/rpc.ts";

const acl = "ACL support disabled";
const connect = "Connect must be enabled in order to use this endpoint";
const absent = "disco has no service mesh, config entries or peering";

/** What real clients may ask and disco has not -> what they are told: the reference's text where it has it switched off, too. */
const refused: readonly (readonly [service: string, methods: string, text: string])[] = [
	[
		"ACL",
		"BootstrapTokens TokenRead TokenClone TokenSet TokenDelete TokenList TokenBatchRead PolicyRead PolicyBatchRead PolicySet " +
			"PolicyDelete PolicyList PolicyResolve RoleRead RoleBatchRead RoleSet RoleDelete RoleList RoleResolve BindingRuleRead " +
			"BindingRuleSet BindingRuleDelete BindingRuleList AuthMethodRead AuthMethodSet AuthMethodDelete AuthMethodList Login " +
			"Logout Authorize ReplicationStatus",
		acl,
	],
	["AutoConfig", "InitialConfiguration", "Auto Config is disabled"],
	["AutoEncrypt", "Sign", "AutoEncrypt.AllowTLS must be enabled in order to use this endpoint"],
	["ConnectCA", "ConfigurationGet ConfigurationSet Roots Sign SignIntermediate", connect],
	["Intention", "Apply Get List Match Check", connect],
	["DiscoveryChain", "Get", connect],
	["ConfigEntry", "Apply Get List ListAll Delete ResolveServiceConfig", absent],
	["FederationState", "Apply Get List ListMeshGateways", absent],
	[
		"Internal",
		"ServiceTopology IntentionUpstreams IntentionUpstreamsDestination GatewayServiceDump GatewayIntentions MatchGateway " +
			"ExportedPeeredServices ExportedServicesForPeer PeeredUpstreams CatalogOverview ServiceGateways",
		absent,
	],
];

export const refusedMethods: readonly ServedMethod[] = refused.flatMap(([service, methods, text]) =>
	methods.split(" ").map((method) => ({
		name: `${service}.${method}`,
		answer: () => ({
			run: async () => {
				throw new DiscoError("NOT_SUPPORTED", text);
			},
		}),
	})),
);
