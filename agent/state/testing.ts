import type { CheckContent, QueryService, Registration, ServiceContent } from "./index.ts";

// Records for tests: everything that a test does not speak of has its plainest value.

export function serviceContent(name: string, fields: Partial<ServiceContent> = {}): ServiceContent {
	return {
		id: name,
		service: name,
		kind: "",
		tags: null,
		address: "",
		taggedAddresses: null,
		meta: null,
		port: 0,
		weights: { passing: 1, warning: 1 },
		enableTagOverride: false,
		...fields,
	};
}

export function checkContent(checkId: string, fields: Partial<CheckContent> = {}): CheckContent {
	return {
		checkId,
		name: checkId,
		status: "passing",
		notes: "",
		output: "",
		serviceId: "",
		serviceName: "",
		serviceTags: [],
		type: "",
		interval: "",
		timeout: "",
		exposedPort: 0,
		definition: {},
		...fields,
	};
}

export function registration(node: string, fields: Partial<Registration> = {}): Registration {
	return {
		node,
		id: "",
		address: "10.0.0.1",
		datacenter: "dc1",
		taggedAddresses: null,
		meta: null,
		skipNodeUpdate: false,
		checks: [],
		...fields,
	};
}

/** What a prepared query asks for. */
export function queryService(service: string, fields: Partial<QueryService> = {}): QueryService {
	return {
		service,
		failover: { nearestN: 0, datacenters: null, targets: null },
		onlyPassing: false,
		ignoreCheckIds: null,
		near: "",
		tags: null,
		nodeMeta: null,
		serviceMeta: null,
		...fields,
	};
}
