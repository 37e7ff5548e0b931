import { consulProgram } from "../../support/dev-agents.ts";
import { type Background, background, eventually } from "../../support/programs.ts";
import { freePort, program } from "../support.ts";
import type { Sides } from "./sequence.ts";
import { sideAt } from "./sides.ts";

const consul = consulProgram();
if (consul === undefined && process.env["CI"]) throw new Error("consul is missing: scripts/test-tools.sh installs it");

/** Whether the real Consul is there to compare with. */
export const hasReference = consul !== undefined;

export interface Pair {
	readonly sides: Sides;
	stop(): Promise<void>;
}

/** The real Consul on address `NETWORK.1` and disco on `NETWORK.2`, both named `n1`, each a server that answers. */
export async function startPair(network: string, ours: string = program): Promise<Pair> {
	const common = ["agent", "-dev", "-node=n1", "-enable-script-checks", "-log-level=warn"];
	const hosts = [`${network}.1`, `${network}.2`] as const;
	const ports = [await freePort(hosts[0]), await freePort(hosts[1])] as const;
	const at = (side: 0 | 1) => [
		`-bind=${hosts[side]}`,
		`-client=${hosts[side]}`,
		`-http-port=${ports[side]}`,
		"-dns-port=-1",
	];
	const env = { DISCO_COMPAT: "1" };
	const started: Background[] = [
		background(consul ?? "consul", [...common, ...at(0), "-grpc-port=-1"]),
		background(process.execPath, [ours, ...common, ...at(1)], { env }),
	];
	const sides = [sideAt("consul", hosts[0], ports[0]), sideAt("disco", hosts[1], ports[1])] as const;
	const stop = async () => {
		for (const side of sides) side.close();
		for (const agent of started) await agent.stop("SIGKILL");
	};
	try {
		for (const side of sides) {
			await eventually(`${side.name} in its own catalog`, async () =>
				(await side.send({ method: "GET", path: "/v1/health/service/consul?passing" })).body.includes("serfHealth"),
			);
		}
	} catch (error) {
		await stop();
		throw error;
	}
	return { sides, stop };
}
