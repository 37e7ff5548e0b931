import { expect, test } from "vitest";
import { signalNumber } from "./signals.ts";

test.each([
	["SIGTERM", 15],
	["TERM", 15],
	["term", 15],
	["15", 15],
	["SIGQUIT", 3],
	["SIGWINCH", 28],
	["SIGRTMIN+3", 37],
	["RTMIN", 34],
	["SIGRTMAX-1", 63],
	["NOTHING", undefined],
	["", undefined],
])('"%s" is %s', (text, number) => {
	expect(signalNumber(text)).toBe(number);
});
