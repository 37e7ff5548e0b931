import type { AgentMemberRecord } from "../../local/index.ts";
import type { CheckContent, Endpoints, ReadOptions, Registration, ServiceContent } from "../../rpc/index.ts";
import { serfHealth, serverService } from "../node-entry.ts";

const read: ReadOptions = { datacenter: "", token: "", consistency: "stale", minIndex: 0, maxWaitMs: 0 };

/** Text as recorded. */
const failedOutput = "Agent not live or unreachable";

/** Carries what gossip says of the members into the catalog; used by the leader alone. */
export interface CatalogMembers {
	/** Makes the catalog say of the member what gossip does. Fails as writes do. */
	reconcile(member: AgentMemberRecord): Promise<void>;
	/** Removes every node that gossip kept and does not know any more. */
	removeStrangers(members: readonly AgentMemberRecord[]): Promise<void>;
}

export function catalogMembers(parts: {
	/** This server's own, which answers from its state and writes as the leader. */
	readonly endpoints: Pick<Endpoints, "catalog" | "health">;
	readonly datacenter: string;
	readonly selfName: string;
	readonly token: string;
}): CatalogMembers {
	const { endpoints, datacenter, selfName, token } = parts;
	const write = { datacenter: "", token };

	async function setHealth(member: AgentMemberRecord, check: CheckContent): Promise<void> {
		const { name, address, tags } = member;
		const [{ value: present }, { value: checks }] = await Promise.all([
			endpoints.catalog.node(name, read),
			endpoints.health.node(name, read),
		]);
		const isServer = tags["role"] === "consul" && tags["port"] !== undefined;
		const service = isServer ? serverService(tags) : undefined;
		const known = checks.find(({ checkId }) => checkId === check.checkId);
		const hasService = service === undefined || present?.services.some((each) => isSameService(each, service)) === true;
		if (present?.node.address === address && known?.status === check.status && hasService) return;
		// Of a node that is not there a failure is no news.
		if (present === undefined && check.status !== "passing") return;
		const registration: Registration = {
			node: name,
			id: tags["id"] ?? "",
			address,
			datacenter,
			taggedAddresses: present?.node.taggedAddresses ?? null,
			meta: present?.node.meta ?? null,
			// What the agent itself wrote of its node is better; where it has moved to is not.
			skipNodeUpdate: present === undefined || present.node.address === address,
			...(service === undefined ? {} : { service }),
			checks: [check],
		};
		await endpoints.catalog.register(registration, write);
	}

	return {
		async reconcile(member) {
			if (!isAgent(member, datacenter)) return;
			if (member.status === "alive") return setHealth(member, serfHealth);
			if (member.status === "failed")
				return setHealth(member, { ...serfHealth, status: "critical", output: failedOutput });
			if (member.status !== "left" || member.name === selfName) return;
			const { value } = await endpoints.catalog.node(member.name, read);
			if (value !== undefined) await endpoints.catalog.deregister({ node: member.name }, write);
		},
		async removeStrangers(members) {
			const known = new Set(members.map(({ name }) => name.toLowerCase()));
			const { value: checks } = await endpoints.health.state("any", read);
			for (const { checkId, node } of checks) {
				if (checkId !== serfHealth.checkId || known.has(node.toLowerCase())) continue;
				await endpoints.catalog.deregister({ node }, write);
			}
		},
	};
}

/** Others may be in the pool: they have no place in the catalog. */
function isAgent({ tags }: AgentMemberRecord, datacenter: string): boolean {
	return (tags["role"] === "consul" || tags["role"] === "node") && tags["dc"] === datacenter;
}

function isSameService(a: ServiceContent, b: ServiceContent): boolean {
	return (
		a.id === b.id && a.port === b.port && a.address === b.address && JSON.stringify(a.meta) === JSON.stringify(b.meta)
	);
}
