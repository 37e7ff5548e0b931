import { DiscoError } from "../../lib/errors.ts";
import type {
	Answer,
	CheckRecord,
	Endpoints,
	InstanceRecord,
	NodeRecord,
	ReadOptions,
	ServiceContent,
	ServiceRecord,
} from "../rpc/index.ts";
import { checkContent, serviceContent } from "../state/testing.ts";
import { addressKey } from "./answers.ts";

/**
 * For tests: a catalog in memory behind the part of `Endpoints` that DNS asks. Everything else throws, so that a test notices
 * when DNS begins to ask more.
 */
export interface TestCatalog {
	readonly endpoints: Endpoints;
	/** What DNS asked with, in order. */
	readonly asked: ReadOptions[];
	/** Makes every question fail with this error; undefined ends that. */
	failWith(error: Error | undefined): void;
	node(node: string, address: string, rest?: Partial<NodeRecord>): void;
	service(node: string, service: Partial<ServiceContent> & { readonly service: string }): void;
	check(node: string, status: CheckRecord["status"], service?: { readonly id: string; readonly name: string }): void;
	removeNode(node: string): void;
}

const indexed = { createIndex: 1, modifyIndex: 1 };

export function createTestCatalog(datacenter = "dc1"): TestCatalog {
	const nodes = new Map<string, NodeRecord>();
	const services = new Map<string, ServiceRecord>();
	const checks: CheckRecord[] = [];
	const asked: ReadOptions[] = [];
	let failure: Error | undefined;

	const answerNow = <Value>(options: ReadOptions, make: () => Value): Answer<Value> => {
		asked.push(options);
		if (failure !== undefined) throw failure;
		if (options.datacenter !== "") throw new DiscoError("DATACENTER_UNKNOWN", "no path to the datacenter");
		return { value: make(), index: 1, knownLeader: true, lastContactMs: 0 };
	};
	const answer = async <Value>(options: ReadOptions, make: () => Value) => answerNow(options, make);
	const instancesOf = (name: string, { tags = [] }: { readonly tags?: readonly string[] }) => {
		const wanted = tags.map((tag) => tag.toLowerCase());
		return [...services.values()]
			.filter((service) => service.service.toLowerCase() === name.toLowerCase())
			.filter(({ tags }) => wanted.every((tag) => tags?.some((own) => own.toLowerCase() === tag)))
			.map(instance);
	};
	const instance = (service: ServiceRecord): InstanceRecord => ({
		node: nodes.get(service.node.toLowerCase()) as NodeRecord,
		service,
		checks: checks.filter(
			({ node, serviceId }) => node === service.node && (serviceId === "" || serviceId === service.id),
		),
	});
	const unexpected = () => {
		throw new Error("DNS does not ask this");
	};

	return {
		asked,
		failWith(error) {
			failure = error;
		},
		node(node, address, rest = {}) {
			const record = { ...indexed, id: "", node, address, datacenter, taggedAddresses: null, meta: null, ...rest };
			nodes.set(node.toLowerCase(), record);
		},
		service(node, content) {
			const record: ServiceRecord = {
				...indexed,
				node,
				...serviceContent(content.service, content),
			};
			services.set(`${node.toLowerCase()}/${record.id}`, record);
		},
		check(node, status, service = { id: "", name: "" }) {
			checks.push({
				...indexed,
				node,
				...checkContent(`check-${checks.length}`, { status, serviceId: service.id, serviceName: service.name }),
			});
		},
		removeNode(node) {
			nodes.delete(node.toLowerCase());
			for (const key of services.keys()) if (key.startsWith(`${node.toLowerCase()}/`)) services.delete(key);
		},
		endpoints: {
			catalog: {
				register: unexpected,
				deregister: unexpected,
				datacenters: unexpected,
				services: unexpected,
				service: unexpected,
				nodes: (options) => answer(options, () => [...nodes.values()]),
				node: (name, options) =>
					answer(options, () => {
						const node = nodes.get(name.toLowerCase());
						return node === undefined ? undefined : { node, services: [] };
					}),
			},
			health: {
				node: unexpected,
				checks: unexpected,
				state: unexpected,
				service: (name, options) => answer(options, () => instancesOf(name, options)),
				serviceNow: (name, options) => answerNow(options, () => instancesOf(name, options)),
				byAddress: (address, options) =>
					answer(options, () =>
						[...services.values()].filter((service) => addressKey(service.address) === address).map(instance),
					),
			},
			kv: { write: unexpected, get: unexpected, list: unexpected, keys: unexpected },
			status: { leader: unexpected, peers: unexpected },
		},
	};
}
