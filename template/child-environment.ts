import type { EnvironmentConfig } from "./config/index.ts";
import { globPattern } from "./glob.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The variables of a command or of the supervised program: the inherited ones through `pristine`, `allowlist` and `denylist`
 * (which wins), then those that say how to reach the agent, then the custom ones (RUNNER.md "Commands").
 */
export function childEnvironment(
	inherited: Variables,
	agent: Readonly<Record<string, string>>,
	config: EnvironmentConfig,
): Record<string, string> {
	const allowed = config.allowlist.map(globPattern);
	const denied = config.denylist.map(globPattern);
	const passes = (name: string) =>
		(allowed.length === 0 || allowed.some((pattern) => pattern.test(name))) &&
		!denied.some((pattern) => pattern.test(name));
	const variables: Record<string, string> = {};
	for (const [name, value] of Object.entries(inherited)) {
		if (!config.pristine && value !== undefined && passes(name)) variables[name] = value;
	}
	Object.assign(variables, agent);
	for (const text of config.custom) {
		const equals = text.indexOf("=");
		if (equals > 0) variables[text.slice(0, equals)] = text.slice(equals + 1);
		else variables[text] = "";
	}
	return variables;
}
