import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { installed } from "../support/dev-agents.ts";
import { outcome, succeed } from "../support/programs.ts";

/** Root and the tools are there. */
export const canSeparate = process.getuid?.() === 0 && ["ip", "nsenter", "iptables"].every(installed);

const named = "disco-apart";
let made = 0;

/** What a packet may meet on its way. */
export interface Wire {
	/** Of a hundred, those that are lost. */
	readonly lossPercent: number;
	readonly delayMs: number;
}

/**
 * Machines as network namespaces at `PREFIX.1`, `PREFIX.2`, ... on one bridge, which this process reaches, too (it is `PREFIX.254`
 * and never cut off). The bridge has a namespace of its own, where no rule of this machine is in its way.
 */
export class SeparateNetworks {
	readonly prefix: string;
	readonly #id: string;
	readonly #count: number;
	readonly #device: string;

	private constructor(count: number) {
		this.#count = count;
		this.#id = `${named}-${process.pid}-${made++}`;
		this.#device = `dap${process.pid}-${made}`;
		this.prefix = freePrefix();
	}

	static async create(count: number): Promise<SeparateNetworks> {
		await removeLeftOver();
		const networks = new SeparateNetworks(count);
		try {
			await networks.#build();
		} catch (error) {
			await networks.close();
			throw error;
		}
		return networks;
	}

	/** What a command begins with that is to run on that machine. */
	inside(number: number): readonly string[] {
		return ["nsenter", `--net=/var/run/netns/${this.#machine(number)}`];
	}

	/** Packets of these machines do not arrive at that one any more. */
	async deafen(to: number, from: readonly number[]): Promise<void> {
		await this.#run(
			this.#machine(to),
			from.map((number) => `iptables -w -A INPUT -s ${this.prefix}.${number} -j DROP`),
		);
	}

	/** Nothing passes between the groups; a machine in none of them sees all. */
	async split(...groups: readonly (readonly number[])[]): Promise<void> {
		await Promise.all(
			groups.flatMap((group) =>
				group.map((number) =>
					this.deafen(
						number,
						groups.filter((other) => other !== group).flatMap((other) => [...other]),
					),
				),
			),
		);
	}

	/** Between all machines. The delay is left out where the kernel has no netem: false then. */
	async disturb({ lossPercent, delayMs }: Wire): Promise<boolean> {
		const delayed = await outcome("nsenter", [
			...this.inside(1).slice(1),
			...`tc qdisc replace dev e0 root netem delay ${delayMs}ms`.split(" "),
		]);
		const canDelay = delayed.exitCode === 0;
		const dropped = `-m statistic --mode random --probability ${lossPercent / 100} -j DROP`;
		await this.#onAll((number) => [
			...this.#others(number).map((other) => `iptables -w -A INPUT -s ${this.prefix}.${other} ${dropped}`),
			...(canDelay ? [`tc qdisc replace dev e0 root netem delay ${delayMs}ms`] : []),
		]);
		return canDelay;
	}

	async heal(): Promise<void> {
		await this.#onAll(() => ["iptables -w -F INPUT", "tc qdisc del dev e0 root 2>/dev/null || true"]);
	}

	/** What runs in them must have ended. */
	async close(): Promise<void> {
		for (const name of [...this.#numbers().map((number) => this.#machine(number)), this.#hub])
			await outcome("ip", ["netns", "delete", name]);
		// It goes with its peer, a moment later.
		await outcome("ip", ["link", "delete", this.#device]);
	}

	get #hub(): string {
		return `${this.#id}-hub`;
	}

	#machine(number: number): string {
		return `${this.#id}-m${number}`;
	}

	#numbers(): readonly number[] {
		return Array.from({ length: this.#count }, (_, at) => at + 1);
	}

	#others(number: number): readonly number[] {
		return this.#numbers().filter((other) => other !== number);
	}

	async #build(): Promise<void> {
		const device = this.#device;
		await succeed("ip", ["netns", "add", this.#hub]);
		await this.#run(this.#hub, ["ip link add br0 type bridge", "ip link set br0 up"]);
		const toHub = ["peer", "name", "up0", "netns", this.#hub];
		await succeed("ip", ["link", "add", device, "type", "veth", ...toHub]);
		await this.#run(this.#hub, ["ip link set up0 master br0", "ip link set up0 up"]);
		await succeed("ip", ["addr", "add", `${this.prefix}.254/24`, "dev", device]);
		await succeed("ip", ["link", "set", device, "up"]);
		for (const number of this.#numbers()) {
			const machine = this.#machine(number);
			await succeed("ip", ["netns", "add", machine]);
			await this.#run(this.#hub, [
				`ip link add p${number} type veth peer name e0 netns ${machine}`,
				`ip link set p${number} master br0`,
				`ip link set p${number} up`,
			]);
			await this.#run(machine, [
				"ip link set lo up",
				`ip addr add ${this.prefix}.${number}/24 dev e0`,
				"ip link set e0 up",
			]);
		}
	}

	async #onAll(commands: (number: number) => readonly string[]): Promise<void> {
		await Promise.all(this.#numbers().map((number) => this.#run(this.#machine(number), commands(number))));
	}

	async #run(namespace: string, commands: readonly string[]): Promise<void> {
		await succeed("nsenter", [`--net=/var/run/netns/${namespace}`, "sh", "-ec", commands.join("\n")]);
	}
}

/** Of the networks for benchmarks (RFC 2544), one that this machine does not use. */
function freePrefix(): string {
	const used = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
	for (let at = process.pid; ; at++) {
		const prefix = `198.${18 + ((at >> 8) & 1)}.${at & 255}`;
		if (!used.some((address) => address.startsWith(`${prefix}.`))) return prefix;
	}
}

/** Of test processes that were killed before they could. */
async function removeLeftOver(): Promise<void> {
	const names = (await succeed("ip", ["netns", "list"])).split("\n").map((line) => line.split(" ")[0] ?? "");
	for (const name of names) {
		const pid = new RegExp(`^${named}-(\\d+)-`).exec(name)?.[1];
		if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
		const { stdout } = await outcome("ip", ["netns", "pids", name]);
		for (const line of stdout.split("\n").filter((each) => each !== "")) {
			try {
				process.kill(Number(line), "SIGKILL");
			} catch {
				// It has ended meanwhile.
			}
		}
		await outcome("ip", ["netns", "delete", name]);
	}
}
