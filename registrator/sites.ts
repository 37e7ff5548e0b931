import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { nodeClock } from "../lib/node/index.ts";
import type { Docker } from "./docker.ts";
import { dockerAddress, namedDockerAddresses } from "./docker-address.ts";
import { connectDocker } from "./docker-events.ts";
import { addressOfHost } from "./host-address.ts";
import type { Options } from "./options.ts";
import type { SourceOption } from "./sources/source-option.ts";

/** One place that containers are taken from: a Docker, or what stands for it. */
export interface Site {
	readonly docker: Docker;
	/** First part of the ids of its services. */
	readonly owner: string;
	/** Where its published ports are reached; empty when that is not known. */
	readonly hostAddress: string;
}

/** The sites that the options name, one at least. Errors: those of addresses and certificates. */
export async function openSites(
	options: Options,
	environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly Site[]> {
	const here = { owner: options.owner || hostname(), hostAddress: await addressOfHost(hostname()) };
	if (options.source.kind !== "docker") return [{ ...here, docker: await openSource(options, environment) }];
	if (options.dockerHosts.length === 0) {
		const address = dockerAddress(environment, existsSync, options.compat);
		return [{ ...here, docker: await connectDocker(address) }];
	}
	return Promise.all(
		namedDockerAddresses(options.dockerHosts, environment).map(async ({ owner, address }) => ({
			docker: await connectDocker(address),
			owner: owner || here.owner,
			hostAddress: address.kind === "tcp" ? await addressOfHost(address.host) : here.hostAddress,
		})),
	);
}

async function openSource({ source }: Options, environment: Readonly<Record<string, string | undefined>>) {
	if (source.kind === "docker") throw new Error("Docker is no such source");
	const { polledSource, readerOf } = await import("./sources/index.ts");
	return polledSource(addressOf(source), readerOf(source, environment), nodeClock);
}

/** For messages. */
function addressOf(source: Exclude<SourceOption, { readonly kind: "docker" }>): string {
	switch (source.kind) {
		case "exec":
			return `the command ${source.command}`;
		case "systemd":
			return `systemd's units ${source.pattern}`;
		case "compose":
		case "dir":
			return source.path;
	}
}
