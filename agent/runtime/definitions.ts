import { DiscoError } from "../../lib/errors.ts";
import type { FileRegistration, RuntimeConfig } from "../config/index.ts";
import { parseServiceRegistration, type ServiceRegistration } from "../http/index.ts";
import type { CheckPlan, RunningLocalAgent } from "../local/index.ts";
import { type ConfiguredWatch, parseConfiguredWatch } from "../watch/index.ts";

/** What the configuration's files register. */
export interface Definitions {
	readonly services: readonly ServiceRegistration[];
	readonly checks: readonly { readonly plan: CheckPlan; readonly token: string }[];
	readonly watches: readonly ConfiguredWatch[];
}

/** Services and checks of the files through the API's own parser. Fails with its codes; the text names the definition. */
export function parseDefinitions(config: RuntimeConfig): Definitions {
	return {
		services: config.services.map((definition) => ({
			...named(definition, "service", () => parse(definition.registration)),
			token: definition.token,
		})),
		checks: config.checks.map((definition) => ({
			plan: named(definition, "check", () => parseCheck(definition.registration)),
			token: definition.token,
		})),
		watches: config.watches.map((watch, position) => parseConfiguredWatch(watch, `watches[${position}]`)),
	};
}

/** As `parseDefinitions`, and refuses what this configuration would refuse at the start. For `disco validate`. */
export function checkDefinitions(config: RuntimeConfig): void {
	parseDefinitions(config);
}

/**
 * Registers what the files say. With `previous`, what came from files before and is in them no more is removed (a reload); with
 * `dropApi` also what was registered over HTTP.
 */
export async function applyDefinitions(
	local: RunningLocalAgent,
	definitions: Definitions,
	reload?: { readonly dropApi: boolean },
): Promise<void> {
	if (reload !== undefined) {
		const keep = {
			serviceIds: new Set(definitions.services.map(({ service }) => service.id || service.service)),
			checkIds: new Set(definitions.checks.map(({ plan }) => plan.content.checkId)),
		};
		await local.dropOthers(keep, reload.dropApi);
	}
	for (const { service, checks, token } of definitions.services) {
		await local.registerService(service, checks, { token, replaceExistingChecks: true, source: "file" });
	}
	for (const { plan, token } of definitions.checks) await local.registerCheck(plan, { token, source: "file" });
}

function parse(registration: Readonly<Record<string, unknown>>): ServiceRegistration {
	// Whether scripts may run is asked by the local agent, which knows that these come from files.
	return parseServiceRegistration(JSON.stringify(registration), { lenient: true, scriptChecks: true });
}

/** A check that stands alone is parsed as if it was a service's, and then given its own names. */
function parseCheck(registration: Readonly<Record<string, unknown>>): CheckPlan {
	const { Name: name = "", CheckID: id = name, ServiceID: serviceId = "" } = registration;
	if (id === "") throw new DiscoError("CHECK_INVALID", "it has no name; set name");
	const [plan] = parse({ Name: "check", Checks: [{ ...registration, Name: name || id }] }).checks;
	if (plan === undefined) throw new DiscoError("CHECK_INVALID", "it is empty");
	const content = {
		...plan.content,
		checkId: String(id),
		name: String(name),
		serviceId: String(serviceId),
		serviceName: "",
		serviceTags: null,
	};
	return { ...plan, content };
}

function named<Value>(definition: FileRegistration, what: string, make: () => Value): Value {
	try {
		return make();
	} catch (error) {
		if (!(error instanceof DiscoError)) throw error;
		const name = definition.registration["Name"] ?? definition.registration["ID"] ?? "";
		throw new DiscoError(error.code, `${what} "${String(name)}" of the configuration: ${error.message}`, {
			cause: error,
		});
	}
}
