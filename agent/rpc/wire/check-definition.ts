import { formatDuration, tryParseDurationMs } from "../../../lib/duration.ts";
import { bool, type Codec, encode, i64, list, recordOf, string, struct } from "../../../lib/msgpack/index.ts";

type Definition = Readonly<Record<string, unknown>>;

/** In the order in which the API shows them. */
const fields = {
	Interval: i64,
	OutputMaxSize: i64,
	Timeout: i64,
	DeregisterCriticalServiceAfter: i64,
	HTTP: string,
	TLSServerName: string,
	TLSSkipVerify: bool,
	Header: recordOf(list(string)),
	Method: string,
	Body: string,
	DisableRedirects: bool,
	TCP: string,
	UDP: string,
	H2PING: string,
	OSService: string,
	H2PingUseTLS: bool,
	ScriptArgs: list(string),
	DockerContainerID: string,
	Shell: string,
	GRPC: string,
	GRPCUseTLS: bool,
	AliasNode: string,
	AliasService: string,
	TTL: i64,
};
const whole = struct(fields);
/** Text in the API, nanoseconds here; the TTL is nanoseconds in both. */
const durations = ["Interval", "Timeout", "DeregisterCriticalServiceAfter"] as const;
const names = Object.keys(fields) as readonly (keyof typeof fields)[];
const none: Definition = Object.freeze({});
const noneEncoded = encode(whole, whole.zero);

/** A check's definition as `CheckContent` has it: what is not zero, as the API spells it. Most checks have none. */
export const definition: Codec<Definition> = {
	zero: none,
	write: (writer, value) => {
		for (const _ in value) {
			whole.write(writer, { ...whole.zero, ...value, ...nanosecondsOf(value) } as typeof whole.zero);
			return;
		}
		writer.append(noneEncoded);
	},
	read: (reader) => {
		if (reader.takeBytes(noneEncoded)) return none;
		const value: Readonly<Record<string, unknown>> = whole.read(reader);
		const shown: Record<string, unknown> = {};
		for (const name of names) {
			if (isZero(value[name])) continue;
			shown[name] = durations.some((each) => each === name) ? formatDuration(Number(value[name]) / 1e6) : value[name];
		}
		return shown;
	},
};

function nanosecondsOf(value: Definition): Record<string, number> {
	return Object.fromEntries(
		durations.map((name) => [name, Math.round((tryParseDurationMs(String(value[name] ?? "0")) ?? 0) * 1e6)]),
	);
}

function isZero(value: unknown): boolean {
	if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
	return Array.isArray(value) ? value.length === 0 : typeof value === "object" && Object.keys(value).length === 0;
}
