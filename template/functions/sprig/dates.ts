import { formatDuration, parseDurationMs } from "../../../lib/duration.ts";
import { type GoValue, goFunc, goMethod, int64Type, structType, Typed, typeOf } from "../../gotmpl/index.ts";
import type { FunctionContext, FunctionFamily } from "../context.ts";
import { formatTime, parseTime } from "../go-time.ts";
import { numberOf, textOf } from "../values.ts";
import { countValue } from "./convert.ts";

/** A time of day in UTC. */
interface Time {
	readonly ms: number;
}

const timeType = structType(
	"time.Time",
	{},
	{
		Format: goMethod("func(string) string", ({ ms }: Time, layout: string) => formatTime(ms, layout)),
		Unix: goMethod("func() int64", ({ ms }: Time) => Math.floor(ms / 1000)),
		Year: goMethod("func() int", ({ ms }: Time) => new Date(ms).getUTCFullYear()),
		Day: goMethod("func() int", ({ ms }: Time) => new Date(ms).getUTCDate()),
		Hour: goMethod("func() int", ({ ms }: Time) => new Date(ms).getUTCHours()),
		Minute: goMethod("func() int", ({ ms }: Time) => new Date(ms).getUTCMinutes()),
		Second: goMethod("func() int", ({ ms }: Time) => new Date(ms).getUTCSeconds()),
		MarshalJSON: goMethod(
			"func() string",
			({ ms }: Time) => `"${formatTime(ms, "2006-01-02T15:04:05.999999999Z07:00")}"`,
		),
		String: goMethod("func() string", ({ ms }: Time) => formatTime(ms, "2006-01-02 15:04:05 -0700 MST")),
	},
);
const types = { "time.Time": timeType };
/** Go's zero time, the first moment of the year 1. */
const zeroTimeMs = -62_135_596_800_000;

/** Times and durations. sprig's `now` and `date` are not among them (FUNCTIONS.md). */
export function sprigDateFunctions({ nowMs }: FunctionContext): FunctionFamily {
	const toDate = goFunc("func(string, string) (time.Time, error)", timeOf, types);
	const modify = goFunc(
		"func(string, time.Time) (time.Time, error)",
		(duration: string, time: Time) => ({ ms: time.ms + parseDurationMs(duration, "time") }),
		types,
	);
	return {
		mustToDate: toDate,
		toDate: goFunc(
			"func(string, string) time.Time",
			(layout: string, text: string) => {
				try {
					return timeOf(layout, text);
				} catch {
					return { ms: zeroTimeMs };
				}
			},
			types,
		),
		mustDateModify: modify,
		must_date_modify: modify,
		unixEpoch: goFunc("func(time.Time) string", ({ ms }: Time) => String(Math.floor(ms / 1000)), types),
		ago: goFunc("func(any) string", (date: GoValue) =>
			formatDuration(Math.trunc((nowMs() - dateMs(date, nowMs())) / 1000) * 1000),
		),
		duration: goFunc("func(any) string", (seconds: GoValue) => formatDuration(secondsOf(seconds) * 1000)),
		durationRound: goFunc("func(any) string", (duration: GoValue) => rounded(durationMs(duration, nowMs()))),
	};
}

/** sprig takes texts and int64 here; an int, such as a plain number in the template, is none and counts as 0. */
function secondsOf(value: GoValue): number {
	const text = textOf(value);
	if (text !== undefined) return /^[+-]?\d+$/.test(text) ? Number(text) : 0;
	return typeOf(value) === int64Type ? countValue(value) : 0;
}

function timeOf(layout: string, text: string): Time {
	const ms = parseTime(layout, text);
	if (ms === undefined)
		throw new Error(`parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse`);
	return { ms };
}

function dateMs(value: GoValue, nowMs: number): number {
	if (value instanceof Typed && value.type === timeType) return (value.raw as Time).ms;
	const seconds = numberOf(value);
	return seconds === undefined ? nowMs : Number(seconds) * 1000;
}

function durationMs(value: GoValue, nowMs: number): number {
	const text = textOf(value);
	if (text !== undefined) {
		try {
			return parseDurationMs(text, "duration");
		} catch {
			return 0;
		}
	}
	if (value instanceof Typed && value.type === timeType) return nowMs - (value.raw as Time).ms;
	return typeOf(value) === int64Type ? Number(numberOf(value)) / 1e6 : 0;
}

/** The largest unit alone: `2h`, `3d`, `1y`. */
function rounded(ms: number): string {
	const seconds = Math.abs(ms) / 1000;
	const units: readonly (readonly [string, number])[] = [
		["y", 365 * 86_400],
		["mo", 30 * 86_400],
		["d", 86_400],
		["h", 3600],
		["m", 60],
		["s", 1],
	];
	const unit = units.find(([, length]) => seconds >= length);
	return unit === undefined ? "0s" : `${Math.floor(seconds / unit[1])}${unit[0]}`;
}
