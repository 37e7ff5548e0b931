import { SimulatedServer } from "./server.ts";
import { World, type WorldOptions } from "./world.ts";

/** A world with its servers. */
export class Cluster extends World {
	readonly servers: readonly SimulatedServer[];

	constructor(options: WorldOptions) {
		super(options);
		const ids = Array.from({ length: options.serverCount }, (_, at) => at + 1);
		const members = ids.map((at) => ({ id: `s${at}`, address: `10.0.0.${at}:8300` }));
		const beginners = members.slice(0, options.beginnerCount);
		this.servers = members.map((self) => new SimulatedServer(this, self, beginners));
		for (const server of this.servers) this.inhabitants.set(server.id, server);
	}

	get leader(): SimulatedServer | undefined {
		return this.servers.find(({ leads }) => leads);
	}
}
