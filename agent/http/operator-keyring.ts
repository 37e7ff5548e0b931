import { DiscoError } from "../../lib/errors.ts";
import { type Encodable, objectOf, text } from "../../lib/json/index.ts";
import type { KeyringReport, MemberPool } from "../local/index.ts";
import { decodeBody } from "./decode-body.ts";
import { badRequest } from "./failures.ts";
import { parseBoolean } from "./parameters.ts";
import { empty, json } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Operation, type Route } from "./route.ts";

/** A message about keys is passed on by at most so many members (serf). */
const relayFactorMax = 5;

const keyObject = objectOf({ Key: text }, { ignoreUnknown: true });

/** `/v1/operator/keyring`: the keys of gossip, of which an agent without encryption has none. Asks every member of the pools. */
export const operatorKeyringRoutes: readonly Route[] = [
	{
		path: "/v1/operator/keyring",
		methods: { GET: operation("GET"), POST: operation("POST"), PUT: operation("PUT"), DELETE: operation("DELETE") },
	},
];

const operations = { GET: "list-keys", POST: "install-key", PUT: "use-key", DELETE: "remove-key" } as const;

function operation(method: keyof typeof operations): Operation {
	const access = method === "GET" ? "read" : "write";
	return {
		permission: { resource: "keyring", access, of: () => "" },
		...(access === "write" ? { body: keyObject } : {}),
		handle: async (request, context) => {
			const body = access === "write" ? decodeBody(bodyText(request), keyObject) : {};
			const relayFactor = checkParameters(request);
			const { pool } = context;
			if (pool?.isEncrypted !== true)
				throw notEncrypted(context, access === "read" ? "Keyring is empty" : "No keyring to modify");
			const key = access === "write" ? { key: keyOf(body.Key ?? "") } : {};
			const pools = pool.wan === undefined || isLocalOnly(request) ? [pool] : [pool.wan, pool];
			const ask = (each: Pick<MemberPool, "keyring">) => each.keyring(operations[method], { ...key, relayFactor });
			const reports = await Promise.all(
				pools.map(async (each) => ({ isWan: each === pool.wan, report: await ask(each) })),
			);
			if (reports.some(({ report }) => isFailure(report))) throw keyringFailure(context, reports);
			return access === "write" ? empty() : json(reports.map((each) => poolJson(context, each)));
		},
	};
}

/** The key is a secret: it stays out of the text. */
function keyOf(text: string): Uint8Array {
	const key = Buffer.from(text, "base64");
	if (key.toString("base64") !== text) throw new DiscoError("KEYRING_KEY_INVALID", "the key is not base64");
	return key;
}

/** What one of the two pools said. */
interface PoolReport {
	readonly isWan: boolean;
	readonly report: KeyringReport;
}

function isFailure({ errorCount, responseCount, memberCount }: KeyringReport): boolean {
	return errorCount > 0 || responseCount < memberCount;
}

/** Keys as the API shows them. */
function poolJson({ config }: Context, { isWan, report }: PoolReport): Encodable {
	const { keys, primaryKeys, memberCount, messages } = report;
	return {
		WAN: isWan,
		Datacenter: config.datacenter,
		Segment: "",
		...(messages.size === 0 ? {} : { Messages: Object.fromEntries(messages) }),
		Keys: Object.fromEntries(keys),
		PrimaryKeys: Object.fromEntries(primaryKeys),
		NumNodes: memberCount,
	};
}

function keyringFailure({ config }: Context, reports: readonly PoolReport[]): DiscoError {
	const lines = reports.flatMap(({ isWan, report }) => {
		if (!isFailure(report)) return [];
		const { memberCount, errorCount, responseCount, messages } = report;
		const failed = errorCount > 0 ? `${errorCount}/${memberCount} nodes reported failure` : "";
		const silent = responseCount < memberCount ? `${responseCount}/${memberCount} nodes answered` : "";
		const which = isWan ? "WAN" : `${config.datacenter} (LAN)`;
		return [
			`${which} error: ${[failed, silent].filter((text) => text !== "").join(", ")}`,
			...[...messages].map(([name, text]) => `${name}: ${text}`),
		];
	});
	const count = `${lines.length} error${lines.length === 1 ? "" : "s"} occurred:`;
	return new DiscoError("KEYRING_FAILED", [count, ...lines].join("\n\t* "));
}

/** Parameters were checked. */
function isLocalOnly({ query }: ApiRequest): boolean {
	return parseBoolean(query.first("local-only") ?? "") === true;
}

/** Gives the relay factor. */
function checkParameters({ query }: ApiRequest): number {
	const relayFactor = query.first("relay-factor") ?? "";
	if (relayFactor !== "") {
		if (!/^[+-]?\d{1,9}$/.test(relayFactor)) {
			throw badRequest(`Error parsing relay-factor: parsing ${JSON.stringify(relayFactor)}: invalid syntax`);
		}
		if (Number(relayFactor) < 0 || Number(relayFactor) > relayFactorMax) {
			throw badRequest(`Invalid relay-factor: Relay factor must be in range: [0, ${relayFactorMax}]`);
		}
	}
	const localOnly = query.first("local-only") ?? "";
	if (localOnly !== "" && parseBoolean(localOnly) === undefined) {
		throw badRequest(
			`Error parsing local-only: strconv.ParseBool: parsing ${JSON.stringify(localOnly)}: invalid syntax`,
		);
	}
	return Number(relayFactor);
}

/** Both pools answer for themselves, as in the reference. */
function notEncrypted({ config }: Context, what: string): DiscoError {
	const { nodeName, datacenter } = config;
	return new DiscoError(
		"KEYRING_OFF",
		[
			"4 errors occurred:",
			"WAN error: 1/1 nodes reported failure",
			`${nodeName}.${datacenter}: ${what} (encryption not enabled)`,
			`${datacenter} (LAN) error: 1/1 nodes reported failure`,
			`${nodeName}: ${what} (encryption not enabled)`,
		].join("\n\t* "),
	);
}
