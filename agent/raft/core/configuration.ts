import { DiscoError } from "../../../lib/errors.ts";
import type { Configuration, Server } from "./types.ts";

export const noServers: Configuration = Object.freeze({ servers: Object.freeze([]) });

/** One step of membership; a majority of the former and of the latter always have a voter in common (thesis §4.1). */
export type MembershipChange =
	| { readonly kind: "add-voter"; readonly id: string; readonly address: string }
	/** A voter stays one. */
	| { readonly kind: "add-non-voter"; readonly id: string; readonly address: string }
	| { readonly kind: "demote-voter"; readonly id: string }
	| { readonly kind: "remove"; readonly id: string };

export function voters({ servers }: Configuration): Server[] {
	return servers.filter(({ voter }) => voter);
}

export function serverOf({ servers }: Configuration, id: string): Server | undefined {
	return servers.find((server) => server.id === id);
}

export function isVoter(configuration: Configuration, id: string): boolean {
	return serverOf(configuration, id)?.voter === true;
}

/** The configuration after the change. Fails with `CONFIGURATION_INVALID`, nothing changed. */
export function changed(configuration: Configuration, change: MembershipChange): Configuration {
	const next = { servers: changedServers(configuration.servers, change) };
	assertValid(next);
	return next;
}

function changedServers(servers: readonly Server[], change: MembershipChange): Server[] {
	const others = servers.filter(({ id }) => id !== change.id);
	const present = servers.find(({ id }) => id === change.id);
	switch (change.kind) {
		case "add-voter":
			return replaced(servers, { id: change.id, address: change.address, voter: true });
		case "add-non-voter":
			return replaced(servers, { id: change.id, address: change.address, voter: present?.voter === true });
		case "demote-voter":
			return present === undefined ? [...servers] : replaced(servers, { ...present, voter: false });
		case "remove":
			return others;
	}
}

function replaced(servers: readonly Server[], server: Server): Server[] {
	const known = servers.some(({ id }) => id === server.id);
	return known ? servers.map((each) => (each.id === server.id ? server : each)) : [...servers, server];
}

/** Fails with `CONFIGURATION_INVALID`: empty or double ids and addresses, no voter left. */
export function assertValid({ servers }: Configuration): void {
	for (const [at, { id, address }] of servers.entries()) {
		if (id === "" || address === "") throw invalid(`server ${at + 1} has an empty ${id === "" ? "id" : "address"}`);
		if (servers.findIndex((each) => each.id === id) !== at) throw invalid(`id ${JSON.stringify(id)} is there twice`);
		if (servers.findIndex((each) => each.address === address) !== at)
			throw invalid(`address ${address} is there twice`);
	}
	if (!servers.some(({ voter }) => voter)) throw invalid("no voter would be left");
}

function invalid(why: string): DiscoError {
	return new DiscoError("CONFIGURATION_INVALID", `the servers of the cluster cannot be changed so: ${why}`);
}
