import { DiscoError } from "../../lib/errors.ts";
import { objectOf, text } from "../../lib/json/index.ts";
import { decodeBody } from "./decode-body.ts";
import { badRequest } from "./failures.ts";
import { parseBoolean } from "./parameters.ts";
import { type ApiRequest, bodyText, type Context, type Operation, type Route } from "./route.ts";

/** A message about keys is passed on by at most so many members (serf). */
const relayFactorMax = 5;

const keyObject = objectOf({ Key: text }, { ignoreUnknown: true });

/** `/v1/operator/keyring`: the keys of gossip, of which an agent without encryption has none. */
export const operatorKeyringRoutes: readonly Route[] = [
	{
		path: "/v1/operator/keyring",
		methods: { GET: operation("read"), POST: operation("write"), PUT: operation("write"), DELETE: operation("write") },
	},
];

function operation(access: "read" | "write"): Operation {
	return {
		permission: { resource: "keyring", access, of: () => "" },
		...(access === "write" ? { body: keyObject } : {}),
		handle: (request, context) => {
			if (access === "write") decodeBody(bodyText(request), keyObject);
			checkParameters(request);
			throw notEncrypted(context, access === "read" ? "Keyring is empty" : "No keyring to modify");
		},
	};
}

function checkParameters({ query }: ApiRequest): void {
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
