import { DiscoError } from "../../lib/errors.ts";
import { type Command, type CommandEntry, type CommandIo, commandList, errorLine } from "./command.ts";
import { processIo } from "./process-io.ts";

/** Every command. One is a file and a line here; each is loaded only when it is run. */
const commands: Readonly<Record<string, CommandEntry>> = {
	agent: { summary: "Runs an agent", load: async () => (await import("./agent.ts")).agent },
	catalog: { summary: "Asks what is registered", load: async () => (await import("./catalog.ts")).catalog },
	complete: { summary: "Answers a shell's completion", hidden: true, load: async () => complete },
	completion: {
		summary: "Prints what makes a shell complete the commands",
		load: async () => (await import("./completion.ts")).completion,
	},
	connect: {
		summary: "Passes local TCP ports on to services",
		load: async () => (await import("./connect.ts")).connect,
	},
	debug: {
		summary: "Gathers what is needed to look into a fault",
		load: async () => (await import("./debug.ts")).debug,
	},
	dev: { summary: "Runs everything at once, with a sample service", load: async () => (await import("./dev.ts")).dev },
	dns: { summary: "Asks the agent's DNS and explains the answer", load: async () => (await import("./dns.ts")).dns },
	doctor: { summary: "Looks for faults", load: async () => (await import("./doctor.ts")).doctor },
	event: { summary: "Sends an event to the agents", load: async () => (await import("./event.ts")).event },
	exec: { summary: "Runs a command on the agents", load: async () => (await import("./exec.ts")).exec },
	"force-leave": {
		summary: "Takes a failed member out of the pool",
		load: async () => (await import("./force-leave.ts")).forceLeave,
	},
	info: { summary: "Prints figures of the agent", load: async () => (await import("./info.ts")).info },
	join: { summary: "Joins the pool of other agents", load: async () => (await import("./join.ts")).join },
	keygen: { summary: "Makes a key for gossip", load: async () => (await import("./keygen.ts")).keygen },
	keyring: {
		summary: "Shows and changes the keys of gossip",
		load: async () => (await import("./keyring.ts")).keyring,
	},
	kv: { summary: "Reads and writes the key-value store", load: async () => (await import("./kv.ts")).kv },
	leave: { summary: "The agent leaves its pool and ends", load: async () => (await import("./leave.ts")).leave },
	lock: { summary: "Runs a command while a lock is held", load: async () => (await import("./lock.ts")).lock },
	maint: { summary: "Takes a node or service out of answers", load: async () => (await import("./maint.ts")).maint },
	members: { summary: "Prints the members of the pool", load: async () => (await import("./members.ts")).members },
	monitor: { summary: "Prints the log of the agent", load: async () => (await import("./monitor.ts")).monitor },
	operator: {
		summary: "Tools for those who run the servers",
		load: async () => (await import("./operator.ts")).operator,
	},
	reachability: {
		summary: "Asks every member whether it hears this agent",
		load: async () => (await import("./reachability.ts")).reachability,
	},
	reload: {
		summary: "The agent reads its configuration again",
		load: async () => (await import("./reload.ts")).reload,
	},
	rtt: { summary: "Estimates the round trip between nodes", load: async () => (await import("./rtt.ts")).rtt },
	services: { summary: "Registers services", load: async () => (await import("./services.ts")).services },
	snapshot: {
		summary: "Saves the state, and puts it back",
		load: async () => (await import("./snapshot.ts")).snapshot,
	},
	tls: { summary: "Makes certificates", load: async () => (await import("./tls.ts")).tls },
	validate: { summary: "Checks configuration files", load: async () => (await import("./validate.ts")).validate },
	version: { summary: "Prints the version", load: async () => (await import("./version.ts")).version },
	watch: {
		summary: "Runs a command at each change of what is watched",
		load: async () => (await import("./watch.ts")).watch,
	},
};

/** `disco complete -- WORDS`: a line for each thing that the last word may become. */
const complete: Command = {
	async run(args, io) {
		const { candidates } = await import("./complete.ts");
		const found = await candidates(args[0] === "--" ? args.slice(1) : args, commands);
		io.stdout(found.map((each) => `${each}\n`).join(""));
		return 0;
	},
};

/** No or an unknown command, as the reference's shell convention has it. */
const exitCodeUnknown = 127;

/** Runs what the words say and gives the exit code. What the user did wrong is one line on stderr. */
export async function runCommandLine(args: readonly string[], io: CommandIo = processIo): Promise<number> {
	const [given, ...rest] = args;
	const name = given === "-v" || given === "-version" || given === "--version" ? "version" : given;
	const help = `Usage: disco COMMAND [options] [arguments]\n\n${commandList(commands)}\n\ndisco COMMAND -h tells more of one.\n`;
	if (name === "-h" || name === "-help" || name === "--help" || name === "help") {
		io.stdout(help);
		return 0;
	}
	const entry = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
	if (entry === undefined) {
		io.stderr(name === undefined ? help : `Error: unknown command "${name}"\n\n${help}`);
		return exitCodeUnknown;
	}
	try {
		return await (await entry.load()).run(rest, io, `disco ${name}`);
	} catch (error) {
		if (!(error instanceof DiscoError)) throw error;
		io.stderr(errorLine(error));
		return 1;
	}
}
