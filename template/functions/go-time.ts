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
