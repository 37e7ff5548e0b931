import { DiscoError } from "../../lib/errors.ts";

/** A parameter from 0 to 2^64-1. Fails with `NUMBER_INVALID`, which is answered with 500 as the reference does. */
export function parseUint64(text: string, parameter: string): bigint {
	if (!/^\d+$/.test(text) || BigInt(text) > 0xffff_ffff_ffff_ffffn) {
		throw new DiscoError(
			"NUMBER_INVALID",
			`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax (${parameter} is a whole number from 0 to 2^64-1)`,
		);
	}
	return BigInt(text);
}
