import { DiscoError } from "../../lib/errors.ts";
import { type Encodable, objectOf, text } from "../../lib/json/index.ts";
import type { KeyringReport } from "../local/index.ts";
import { decodeBody } from "./decode-body.ts";
import { badRequest } from "./failures.ts";
import { parseBoolean } from "./parameters.ts";
import { empty, json } from "./reply.ts";
import { type ApiRequest, bodyText, type Context, type Operation, type Route } from "./route.ts";

/** A message about keys is passed on by at most so many members (serf). */
const relayFactorMax = 5;

const keyObject = objectOf({ Key: text }, { ignoreUnknown: true });

/** `/v1/operator/keyring`: the keys of gossip, of which an agent without encryption has none. Asks every member of the pool. */
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
			const report = await pool.keyring(operations[method], { ...key, relayFactor });
			if (report.errorCount > 0 || report.responseCount < report.memberCount) throw keyringFailure(context, report);
			return access === "write" ? empty() : json([poolJson(context, report)]);
		},
	};
}

/** The key is a secret: it stays out of the text. */
function keyOf(text: string): Uint8Array {
	const key = Buffer.from(text, "base64");
	if (key.toString("base64") !== text) throw new DiscoError("KEYRING_KEY_INVALID", "the key is not base64");
	return key;
}

/** Keys as the API shows them: only this datacenter's pool, since there is none between datacenters. */
function poolJson({ config }: Context, { keys, primaryKeys, memberCount, messages }: KeyringReport): Encodable {
	return {
		WAN: false,
		Datacenter: config.datacenter,
		Segment: "",
		...(messages.size === 0 ? {} : { Messages: Object.fromEntries(messages) }),
		Keys: Object.fromEntries(keys),
		PrimaryKeys: Object.fromEntries(primaryKeys),
		NumNodes: memberCount,
	};
}

function keyringFailure({ config }: Context, report: KeyringReport): DiscoError {
	const { memberCount, errorCount, responseCount, messages } = report;
	const failed = errorCount > 0 ? `${errorCount}/${memberCount} nodes reported failure` : "";
	const silent = responseCount < memberCount ? `${responseCount}/${memberCount} nodes answered` : "";
	const lines = [
		`${config.datacenter} (LAN) error: ${[failed, silent].filter((text) => text !== "").join(", ")}`,
		...[...messages].map(([name, text]) => `${name}: ${text}`),
	];
	const count = `${lines.length} error${lines.length === 1 ? "" : "s"} occurred:`;
	return new DiscoError("KEYRING_FAILED", [count, ...lines].join("\n\t* "));
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
