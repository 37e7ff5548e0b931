/** A HAProxy for tests: knows the commands that the driver uses, and notes when a backend had no server for requests. */
export interface ModelServer {
	name: string;
	address: string;
	port: number;
	weight: number;
	admin: "ready" | "drain" | "maint";
	checks: "none" | "off" | "on";
	/** Requests or idle connections that hold it. */
	connections: number;
}

export interface Model {
	readonly backends: Map<string, ModelServer[]>;
	version: string;
	pid: number;
	uptimeS: number;
	stopping: boolean;
	/** Refuses `add server` with this. */
	refusal: string | undefined;
	/** Everything that changes something. */
	readonly log: string[];
	/** Fewest servers that took requests in a backend after any command. */
	fewest: number;
	ask(command: string): string;
}

const columns = "be_name srv_name srv_addr srv_port srv_admin_state srv_uweight srv_check_state";
const adminBits = { ready: 0, drain: 8, maint: 1 };
const checkBits = { none: 0, off: 2, on: 6 };

export function createModel(version = "2.6.12"): Model {
	const model: Model = {
		backends: new Map(),
		version,
		pid: 100,
		uptimeS: 10,
		stopping: false,
		refusal: undefined,
		log: [],
		fewest: Number.POSITIVE_INFINITY,
		ask(line) {
			const experimental = line.startsWith("experimental-mode on; ");
			const command = line.replace("experimental-mode on; ", "");
			if (command === "show info") {
				return `Name: HAProxy\nVersion: ${model.version}\nPid: ${model.pid}\nUptime_sec: ${model.uptimeS}\nStopping: ${model.stopping ? 1 : 0}\n\n`;
			}
			if (command === "show backend") return `# name\n${[...model.backends.keys()].join("\n")}\n\n`;
			const only = /^show servers state(?: (\S+))?$/.exec(command);
			if (only !== null) return state(only[1]);
			model.log.push(command);
			const answer = change(command, experimental);
			for (const servers of model.backends.values()) {
				model.fewest = Math.min(model.fewest, servers.filter((one) => one.admin === "ready" && one.weight > 0).length);
			}
			return `${answer}\n\n`;
		},
	};

	function state(only: string | undefined): string {
		const lines = [...model.backends]
			.filter(([name]) => only === undefined || name === only)
			.flatMap(([backend, servers]) =>
				servers.map(({ name, address, port, weight, admin, checks }) =>
					[backend, name, address, port, adminBits[admin], weight, checkBits[checks]].join(" "),
				),
			);
		return `1\n# ${columns}\n${lines.map((line) => `${line}\n`).join("")}\n`;
	}

	function change(command: string, experimental: boolean): string {
		const match = /^(add|del|set|enable) (server|health) ([^/ ]+)\/(\S+) ?(.*)$/.exec(command);
		if (match === null) return "Unknown command";
		const [, verb, what, backend = "", name = "", rest = ""] = match;
		const servers = model.backends.get(backend);
		if (servers === undefined) return "No such backend.";
		const server = servers.find((one) => one.name === name);
		if (verb === "add") {
			if (model.version.startsWith("2.5") && !experimental)
				return "This command is restricted to experimental mode only.";
			if (model.refusal !== undefined) return model.refusal;
			if (server !== undefined) return "Already exists a server with the same name in backend.";
			const [, address = "", port, weight, options = ""] = /^(\S+):(\d+) weight (\d+)(.*)$/.exec(rest) ?? [];
			const checks = / check\b/.test(options) ? ("off" as const) : ("none" as const);
			const at = address.replace(/^\[(.*)\]$/, "$1");
			servers.push({
				name,
				address: at,
				port: Number(port),
				weight: Number(weight),
				admin: "maint",
				checks,
				connections: 0,
			});
			return "New server registered.";
		}
		if (server === undefined) return "No such server.";
		if (verb === "del") {
			if (server.admin !== "maint") return "Only servers in maintenance mode can be deleted.";
			if (server.connections > 0) return "Server still has connections attached to it, cannot remove it.";
			servers.splice(servers.indexOf(server), 1);
			return "Server deleted.";
		}
		if (what === "health") {
			if (server.checks === "none") return "Health checks are not configured on this server, cannot enable.";
			server.checks = "on";
			return "";
		}
		const [key, value = "", , port] = rest.split(" ");
		if (key === "state") server.admin = value as ModelServer["admin"];
		else if (key === "weight") server.weight = Number(value);
		else if (key === "addr") {
			server.address = value;
			server.port = Number(port);
			return "IP changed from 'x' to 'y' by 'stats socket command'";
		} else return "unknown keyword";
		return "";
	}
	return model;
}
