import type { Endpoints, WriteOptions } from "../endpoints.ts";

/** Answered from what is given to them, or of this agent only. */
const localMethods: ReadonlySet<string> = new Set(["serviceNow", "nodeChecksOf", "sortNear", "datacenters"]);

type AnyMethod = (...parameters: unknown[]) => unknown;
type AnyFamily = Readonly<Record<string, AnyMethod>>;

/**
 * The endpoints of a server that knows other datacenters: a call that names one of them is made there, with the same parameters. The
 * rest is answered by `own`.
 */
export function routeToDatacenters(parts: {
	readonly own: Endpoints;
	/** This server's. */
	readonly datacenter: string;
	/** Fails with `DATACENTER_UNKNOWN`. */
	readonly endpointsOf: (datacenter: string) => Endpoints;
}): Endpoints {
	const { own, datacenter, endpointsOf } = parts;
	const isElsewhere = (name: string) => name !== "" && name !== datacenter;

	function routed(family: AnyFamily, familyName: keyof Endpoints): AnyFamily {
		return Object.fromEntries(
			Object.entries(family).map(([name, method]) => {
				if (localMethods.has(name)) return [name, method];
				const routedMethod: AnyMethod = (...parameters) => {
					const options = parameters.at(-1) as Partial<WriteOptions> | undefined;
					const wanted = options?.datacenter ?? "";
					if (!isElsewhere(wanted)) return method(...parameters);
					return call(familyName, name, wanted, parameters);
				};
				return [name, routedMethod];
			}),
		);
	}

	/** What is wrong with the datacenter comes as a rejection, as all else. */
	async function call(familyName: keyof Endpoints, name: string, wanted: string, parameters: unknown[]) {
		const remote = endpointsOf(wanted)[familyName] as unknown as AnyFamily;
		return remote[name]?.(...parameters);
	}

	// An event goes elsewhere by itself (`EventEndpoints.fire`), and the list of events is each agent's own.
	const { status, event, ...families } = own;
	const routedFamilies = Object.fromEntries(
		Object.entries(families).map(([name, family]) => [
			name,
			family === undefined ? undefined : routed(family as unknown as AnyFamily, name as keyof Endpoints),
		]),
	);
	return {
		// Each has the methods that it had.
		...(routedFamilies as unknown as Omit<Endpoints, "status" | "event">),
		...(event === undefined ? {} : { event }),
		status: {
			leader: async (wanted = "") =>
				isElsewhere(wanted) ? endpointsOf(wanted).status.leader(wanted) : status.leader(wanted),
			peers: async (wanted = "") =>
				isElsewhere(wanted) ? endpointsOf(wanted).status.peers(wanted) : status.peers(wanted),
		},
	};
}
