import { endpointText, type RunningServer, type Server, takesRequests } from "./server.ts";

/** One step that HAProxy is told to take in a backend. */
export type Step =
	| { readonly kind: "add"; readonly server: Server }
	| { readonly kind: "check"; readonly name: string }
	| { readonly kind: "address"; readonly name: string; readonly address: string; readonly port: number }
	| { readonly kind: "weight"; readonly name: string; readonly weight: number }
	| { readonly kind: "state"; readonly name: string; readonly state: Server["state"] };

/** What a backend's servers should be, and what may be done to them. */
export interface Goal {
	readonly servers: readonly Server[];
	/** Servers can be added at run time. */
	readonly canAdd: boolean;
	/** Their line asks for health checks. */
	readonly checked: boolean;
	/** Something else (an agent check) sets weights, too: they are left alone. */
	readonly foreignWeights: boolean;
}

/** What to do, and what cannot be done while HAProxy runs. */
export interface Plan {
	readonly steps: readonly Step[];
	/** Servers that HAProxy has not and that cannot be added. */
	readonly missing: readonly string[];
	/** Servers that are not wanted any more and can be removed once their last request has ended. */
	readonly removable: readonly string[];
}

/**
 * The steps from `running` to `goal`. First everything that lets servers take requests, then everything that takes it from others:
 * while both sides have a server that takes requests there is one after each step, too.
 *
 * A server that is not wanted goes into maintenance: what it has under way ends by itself.
 */
export function plan(running: readonly RunningServer[], goal: Goal): Plan {
	const gaining: Step[] = [];
	const losing: Step[] = [];
	const missing: string[] = [];
	const known = new Map(running.map((server) => [server.name, server]));
	for (const wanted of goal.servers) {
		const has = known.get(wanted.name);
		if (has !== undefined) {
			change(has, wanted, goal, takesRequests(wanted) ? gaining : losing);
		} else if (!goal.canAdd) {
			if (wanted.state !== "maint") missing.push(wanted.name);
		} else {
			gaining.push({ kind: "add", server: wanted });
			// A server that was added is in maintenance, with its checks off.
			if (goal.checked) gaining.push({ kind: "check", name: wanted.name });
			if (wanted.state !== "maint") gaining.push({ kind: "state", name: wanted.name, state: wanted.state });
		}
	}
	const wantedNames = new Set(goal.servers.map(({ name }) => name));
	const removable = running.filter(({ name }) => !wantedNames.has(name));
	for (const { name, state } of removable) {
		if (state !== "maint") losing.push({ kind: "state", name, state: "maint" });
	}
	return { steps: [...gaining, ...losing], missing, removable: removable.map(({ name }) => name) };
}

function change(has: RunningServer, wanted: Server, { foreignWeights }: Goal, steps: Step[]): void {
	const { name, address, port, weight, state } = wanted;
	if (state === "maint") {
		// Its address stays: what is under way may try again there.
		if (has.state !== "maint") steps.push({ kind: "state", name, state });
		return;
	}
	if (has.checks === "off") steps.push({ kind: "check", name });
	if (has.address !== address || has.port !== port) steps.push({ kind: "address", name, address, port });
	// Who drains keeps the weight it has: raising it first would bring it requests, and later it is none.
	if (has.weight !== weight && state === "ready" && !foreignWeights) steps.push({ kind: "weight", name, weight });
	if (has.state !== state) steps.push({ kind: "state", name, state });
}

/** The step as HAProxy's command line takes it. `options` is what stands on the server's line behind its weight. */
export function commandOf(backend: string, step: Step, options: (name: string) => string): string {
	switch (step.kind) {
		case "add": {
			const { name, address, port, weight } = step.server;
			const at = endpointText({ address, port });
			return `add server ${backend}/${name} ${at} weight ${weight} ${options(name)}`.trimEnd();
		}
		case "check":
			return `enable health ${backend}/${step.name}`;
		case "address":
			return `set server ${backend}/${step.name} addr ${step.address} port ${step.port}`;
		case "weight":
			return `set server ${backend}/${step.name} weight ${step.weight}`;
		case "state":
			return `set server ${backend}/${step.name} state ${step.state}`;
	}
}
