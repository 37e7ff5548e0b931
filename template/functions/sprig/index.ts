/** The "hermetic" text functions of sprig 3.3 (FUNCTIONS.md "Sprig"), which templates call with the prefix `sprig_`. */
import type { FunctionContext, FunctionFamily } from "../context.ts";
import { sprigCertificateFunctions } from "./certificates.ts";
import { sprigCryptoFunctions } from "./crypto.ts";
import { sprigDateFunctions } from "./dates.ts";
import { sprigDictFunctions } from "./dicts.ts";
import { sprigListFunctions } from "./lists.ts";
import { sprigMathFunctions } from "./math.ts";
import { sprigPasswordFunctions } from "./passwords.ts";
import { sprigPathFunctions } from "./paths.ts";
import { sprigRegexFunctions } from "./regex.ts";
import { sprigSemverFunctions } from "./semver.ts";
import { stringFunctions } from "./strings.ts";
import { sprigUrlFunctions } from "./urls.ts";

/** All of them, prefixed. */
export function sprigFunctions(context: FunctionContext): FunctionFamily {
	const families: readonly FunctionFamily[] = [
		sprigCertificateFunctions(context),
		sprigCryptoFunctions,
		sprigDateFunctions(context),
		sprigDictFunctions,
		sprigListFunctions,
		sprigMathFunctions,
		sprigPasswordFunctions,
		sprigPathFunctions,
		sprigRegexFunctions,
		sprigSemverFunctions,
		sprigUrlFunctions,
		stringFunctions,
	];
	return Object.fromEntries(
		families.flatMap((family) => Object.entries(family)).map(([name, call]) => [`sprig_${name}`, call]),
	);
}
export { loadBcrypt } from "./passwords.ts";
