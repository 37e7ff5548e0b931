import { commandGroup } from "./command.ts";

const ca = commandGroup("Makes a certificate authority.", {
	create: {
		summary: "Makes an authority's certificate and key",
		load: async () => (await import("./tls/ca-create.ts")).caCreate,
	},
});

const cert = commandGroup("Makes certificates.", {
	create: {
		summary: "Makes a certificate for a server, a client or the command line",
		load: async () => (await import("./tls/cert-create.ts")).certCreate,
	},
});

export const tls = commandGroup("Makes certificates for the agents' TLS.", {
	ca: { summary: "Makes a certificate authority", load: async () => ca },
	cert: { summary: "Makes certificates", load: async () => cert },
});
