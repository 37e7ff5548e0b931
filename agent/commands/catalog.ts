import { commandGroup } from "./command.ts";

export const catalog = commandGroup("Asks what is registered in the datacenter.", {
	datacenters: {
		summary: "Names of the known datacenters",
		load: async () => (await import("./catalog-datacenters.ts")).catalogDatacenters,
	},
	nodes: { summary: "Nodes", load: async () => (await import("./catalog-nodes.ts")).catalogNodes },
	services: {
		summary: "Names of the services",
		load: async () => (await import("./catalog-services.ts")).catalogServices,
	},
});
