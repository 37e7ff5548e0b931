import { DiscoError } from "../../lib/errors.ts";
import { type Encodable, objectOf, text } from "../../lib/json/index.ts";
import type { KeyringPoolReport } from "../rpc/index.ts";
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
			const { pool, endpoints } = context;
			if (pool?.isEncrypted !== true)
				throw notEncrypted(context, access === "read" ? "Keyring is empty" : "No keyring to modify");
			const keyring = endpoints.operator?.keyring;
			if (keyring === undefined) throw new DiscoError("SERVERS_UNKNOWN", "no server is known that could ask");
			const reports = await keyring(
				{
					operation: operations[method],
					...(access === "write" ? { key: keyOf(body.Key ?? "") } : {}),
					relayFactor,
					localOnly: isLocalOnly(request),
					isForwarded: false,
				},
				{ datacenter: "", token: request.token },
			);
			if (reports.some(({ error }) => error !== "")) throw keyringFailure(reports);
			return access === "write" ? empty() : json(reports.map(poolJson));
		},
	};
}

/** The key is a secret: it stays out of the text. */
function keyOf(text: string): Uint8Array {
	const key = Buffer.from(text, "base64");
	if (key.toString("base64") !== text) throw new DiscoError("KEYRING_KEY_INVALID", "the key is not base64");
	return key;
}

/** Keys as the API shows them. */
function poolJson({ isWan, datacenter, keys, primaryKeys, memberCount, messages }: KeyringPoolReport): Encodable {
	return {
		WAN: isWan,
		Datacenter: datacenter,
		Segment: "",
		...(Object.keys(messages).length === 0 ? {} : { Messages: messages }),
		Keys: keys,
		PrimaryKeys: primaryKeys,
		NumNodes: memberCount,
	};
}

function keyringFailure(reports: readonly KeyringPoolReport[]): DiscoError {
	const lines = reports.flatMap(({ isWan, datacenter, error, messages }) => {
		if (error === "") return [];
		const which = isWan ? "WAN" : `${datacenter} (LAN)`;
		return [`${which} error: ${error}`, ...Object.entries(messages).map(([name, text]) => `${name}: ${text}`)];
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
