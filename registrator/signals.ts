import { constants } from "node:os";

/** glibc's SIGRTMIN, from which `SIGRTMIN+3` (systemd's stop signal) counts. */
const realTimeFirst = 34;
const realTimeLast = 64;

/** The number of a signal as Docker takes it: `15`, `TERM`, `SIGTERM`, `SIGRTMIN+3`; undefined for what is none. */
export function signalNumber(text: string): number | undefined {
	if (/^\d+$/.test(text)) return Number(text);
	const name = text.toUpperCase().replace(/^(?!SIG)/, "SIG");
	const realTime = /^SIGRT(MIN|MAX)(?:([+-]\d+))?$/.exec(name);
	if (realTime !== null) return (realTime[1] === "MIN" ? realTimeFirst : realTimeLast) + Number(realTime[2] ?? 0);
	return (constants.signals as Readonly<Record<string, number>>)[name];
}
