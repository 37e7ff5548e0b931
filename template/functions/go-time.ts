const months = [
	"January",
	"February",
	"March",
	"April",
	"May",
	"June",
	"July",
	"August",
	"September",
	"October",
	"November",
	"December",
];
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The pieces of Go's reference time, longest first. */
const pieces =
	/January|Jan|Monday|Mon|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|[.,](?:0+|9+)(?!\d)|002|__2|_2006|_2|01|02|03|04|05|06|15|PM|pm|1|2|3|4|5/g;

/** A time in UTC by a layout of Go's `time` package (`2006-01-02 15:04:05`). */
export function formatTime(timeMs: number, layout: string): string {
	const time = new Date(timeMs);
	const two = (value: number) => String(value).padStart(2, "0");
	const hour12 = time.getUTCHours() % 12 === 0 ? 12 : time.getUTCHours() % 12;
	const month = months[time.getUTCMonth()] ?? "";
	const day = days[time.getUTCDay()] ?? "";
	const yearDay = Math.floor((timeMs - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
	const values: Readonly<Record<string, string>> = {
		January: month,
		Jan: month.slice(0, 3),
		Monday: day,
		Mon: day.slice(0, 3),
		MST: "UTC",
		"2006": String(time.getUTCFullYear()).padStart(4, "0"),
		_2006: `_${String(time.getUTCFullYear()).padStart(4, "0")}`,
		"06": two(time.getUTCFullYear() % 100),
		"01": two(time.getUTCMonth() + 1),
		"1": String(time.getUTCMonth() + 1),
		"02": two(time.getUTCDate()),
		_2: String(time.getUTCDate()).padStart(2, " "),
		"2": String(time.getUTCDate()),
		"002": String(yearDay).padStart(3, "0"),
		__2: String(yearDay).padStart(3, " "),
		"15": two(time.getUTCHours()),
		"03": two(hour12),
		"3": String(hour12),
		"04": two(time.getUTCMinutes()),
		"4": String(time.getUTCMinutes()),
		"05": two(time.getUTCSeconds()),
		"5": String(time.getUTCSeconds()),
		PM: time.getUTCHours() < 12 ? "AM" : "PM",
		pm: time.getUTCHours() < 12 ? "am" : "pm",
		"-07:00:00": "+00:00:00",
		"-070000": "+000000",
		"-07:00": "+00:00",
		"-0700": "+0000",
		"-07": "+00",
	};
	return layout.replace(pieces, (piece) => {
		if (piece.startsWith("Z")) return "Z";
		if (/^[.,]/.test(piece)) return fraction(piece, time.getUTCMilliseconds());
		return values[piece] ?? piece;
	});
}

/** `.000` keeps zeros, `.999` drops them. */
function fraction(piece: string, milliseconds: number): string {
	const digits = String(milliseconds)
		.padStart(3, "0")
		.padEnd(9, "0")
		.slice(0, piece.length - 1);
	if (piece[1] === "0") return piece[0] + digits;
	const trimmed = digits.replace(/0+$/, "");
	return trimmed === "" ? "" : piece[0] + trimmed;
}

/** What each piece of a layout takes when a text is read by it. */
const readers: Readonly<Record<string, string>> = {
	January: `(?<monthName>${months.join("|")})`,
	Jan: `(?<monthShort>${months.map((month) => month.slice(0, 3)).join("|")})`,
	Monday: `(?:${days.join("|")})`,
	Mon: `(?:${days.map((day) => day.slice(0, 3)).join("|")})`,
	MST: "(?:[A-Z]{3,5})",
	"2006": "(?<year>\\d{4})",
	"06": "(?<shortYear>\\d{2})",
	"01": "(?<month>\\d{2})",
	"1": "(?<month>\\d{1,2})",
	"02": "(?<day>\\d{2})",
	_2: "(?<day> ?\\d{1,2})",
	"2": "(?<day>\\d{1,2})",
	"15": "(?<hour>\\d{1,2})",
	"03": "(?<hour>\\d{2})",
	"3": "(?<hour>\\d{1,2})",
	"04": "(?<minute>\\d{2})",
	"4": "(?<minute>\\d{1,2})",
	"05": "(?<second>\\d{2})(?<fraction>\\.\\d+)?",
	"5": "(?<second>\\d{1,2})(?<fraction>\\.\\d+)?",
	PM: "(?<half>AM|PM)",
	pm: "(?<half>am|pm)",
	"Z07:00": "(?<zone>Z|[+-]\\d{2}:\\d{2})",
	Z0700: "(?<zone>Z|[+-]\\d{4})",
	"-07:00": "(?<zone>[+-]\\d{2}:\\d{2})",
	"-0700": "(?<zone>[+-]\\d{4})",
};

/** A text read by a layout, in milliseconds since the epoch; UTC unless it says otherwise. Undefined when it does not fit. */
export function parseTime(layout: string, text: string): number | undefined {
	let pattern = "";
	let at = 0;
	for (const match of layout.matchAll(pieces)) {
		const reader = readers[match[0]];
		pattern += escaped(layout.slice(at, match.index)) + (reader ?? escaped(match[0]));
		at = match.index + match[0].length;
	}
	const match = new RegExp(`^${pattern}${escaped(layout.slice(at))}$`).exec(text);
	return match === null ? undefined : epochMs(match.groups ?? {});
}

function escaped(literal: string): string {
	return literal.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function epochMs(read: Readonly<Record<string, string | undefined>>): number | undefined {
	const number = (name: string, otherwise: number) => Number(read[name] ?? otherwise);
	const shortYear = read["shortYear"];
	const year =
		shortYear === undefined ? number("year", 0) : Number(shortYear) + (Number(shortYear) >= 69 ? 1900 : 2000);
	const named =
		read["monthName"] === undefined
			? months.findIndex((month) => month.slice(0, 3) === read["monthShort"])
			: months.indexOf(read["monthName"]);
	const month = named >= 0 ? named : number("month", 1) - 1;
	const half = read["half"]?.toLowerCase();
	const hour = half === undefined ? number("hour", 0) : (number("hour", 0) % 12) + (half === "pm" ? 12 : 0);
	const time = new Date(0);
	time.setUTCFullYear(year, month, number("day", 1));
	if (time.getUTCMonth() !== month) return undefined;
	time.setUTCHours(hour, number("minute", 0), number("second", 0), number("fraction", 0) * 1000);
	return time.getTime() - zoneMs(read["zone"]);
}

function zoneMs(zone: string | undefined): number {
	if (zone === undefined || zone === "Z") return 0;
	const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
	return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
