import { commandGroup } from "./command.ts";

export const services = commandGroup("Registers services with the agent.", {
	deregister: {
		summary: "Removes services",
		load: async () => (await import("./services-deregister.ts")).servicesDeregister,
	},
	register: {
		summary: "Registers services from options or files",
		load: async () => (await import("./services-register.ts")).servicesRegister,
	},
});
