// node as3-check.mjs FILE...: whether each is an AS3 declaration, as far as as3.json.ctmpl uses AS3. Run by disco-template before the
// file takes its place. Names, types and limits are those of F5's published schema (AS3 3.56); a BIG-IP checks the rest.
// Prints each fault with its place; exit status 0 none, 1 some, 2 wrong call or no such file.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";

/** A check takes a value and its place, and gives the faults. */
const is = (test, wanted) => (value, place) =>
	test(value) ? [] : [`${place}: ${JSON.stringify(value)} is not ${wanted}`];
const constant = (wanted) => is((value) => value === wanted, JSON.stringify(wanted));
const oneOf = (...words) => is((value) => words.includes(value), `one of ${words.join(", ")}`);
const integer = (min, max) =>
	is((value) => Number.isInteger(value) && value >= min && value <= max, `an integer from ${min} to ${max}`);
const matching = (pattern, wanted) => is((value) => typeof value === "string" && pattern.test(value), wanted);
const boolean = is((value) => typeof value === "boolean", "true or false");
const address = is(
	(value) => typeof value === "string" && isIP(value.replace(/(%\d+)?(\/\d+)?$/, "")) > 0,
	"an IP address",
);

const listOf =
	(check, { min = 0, unique = false } = {}) =>
	(value, place) => {
		if (!Array.isArray(value)) return [`${place}: ${JSON.stringify(value)} is not a list`];
		const faults = value.flatMap((element, index) => check(element, `${place}/${index}`));
		if (value.length < min) faults.push(`${place}: needs at least ${min}`);
		if (unique && new Set(value.map((element) => JSON.stringify(element))).size < value.length)
			faults.push(`${place}: holds something twice`);
		return faults;
	};

/** An object with these properties; `others` checks the rest, which otherwise must not be there. */
const object =
	(required, optional = {}, others = undefined) =>
	(value, place) => {
		if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${place}: is not an object`];
		const known = { ...required, ...optional };
		const faults = Object.keys(required)
			.filter((name) => !(name in value))
			.map((name) => `${place}/${name}: is missing`);
		for (const [name, member] of Object.entries(value)) {
			const check = Object.hasOwn(known, name) ? known[name] : others?.(name);
			faults.push(...(check === undefined ? [`${place}/${name}: is not expected`] : check(member, `${place}/${name}`)));
		}
		return faults;
	};

/** Members with names of one's own; a name that AS3 refuses is not expected. */
const named = (pattern, check) => (name) => (pattern.test(name) && name.length <= 190 ? check : undefined);

const remark = matching(/^[^\p{Cc}"\\]{0,64}$/u, "a remark: at most 64 characters, no quotation mark, no backslash");
const described = { remark, label: remark };

const member = object(
	{ servicePort: integer(0, 65535), serverAddresses: listOf(address, { unique: true }) },
	{
		remark,
		ratio: integer(0, 100),
		priorityGroup: integer(0, 65535),
		connectionLimit: integer(0, 2147483647),
		adminState: oneOf("enable", "disable", "offline"),
		enable: boolean,
		shareNodes: boolean,
	},
);
const pool = object(
	{ class: constant("Pool") },
	{
		...described,
		loadBalancingMode: oneOf("round-robin", "ratio-member", "ratio-node", "least-connections-member", "least-sessions"),
		monitors: listOf(oneOf("http", "https", "http2", "icmp", "tcp", "tcp-half-open", "udp")),
		minimumMembersActive: integer(0, 65535),
		slowRampTime: integer(0, 900),
		serviceDownAction: oneOf("drop", "none", "reselect", "reset"),
		members: listOf(member, { unique: true }),
	},
);
const service = object(
	{
		class: oneOf("Service_TCP", "Service_UDP", "Service_HTTP", "Service_L4"),
		virtualAddresses: listOf(address, { min: 1, unique: true }),
		virtualPort: integer(0, 65535),
	},
	{ ...described, pool: matching(/^[A-Za-z][0-9A-Za-z_.-]*$/, "the name of a pool") },
);
const classes = { Pool: pool };
const application = object(
	{ class: constant("Application") },
	{ ...described, template: constant("generic") },
	named(/^[A-Za-z]([0-9A-Za-z_.-]*[0-9A-Za-z_.])?$/, (value, place) =>
		(classes[value?.class] ?? service)(value, place),
	),
);
const tenant = object(
	{ class: constant("Tenant") },
	{ ...described, enable: boolean },
	named(/^[A-Za-z][0-9A-Za-z_.-]*$/, application),
);
const declaration = object(
	{ class: constant("ADC"), schemaVersion: matching(/^3\.([0-9]|[1-4][0-9]|5[0-6])(\.[0-9]+)?$/, "a version of AS3") },
	{
		...described,
		id: matching(/^[^\p{Cc} "'<>\\^`|]{0,255}$/u, "an id without blanks"),
		updateMode: oneOf("complete", "selective"),
	},
	named(/^[A-Za-z][0-9A-Za-z_.-]*$/, tenant),
);

/** A service's pool must be in its application; the schema cannot say that. */
function missingPools(value) {
	const objects = (parent) => Object.entries(parent).filter(([, child]) => typeof child === "object" && child !== null);
	return objects(value).flatMap(([tenantName, one]) =>
		objects(one).flatMap(([name, content]) =>
			objects(content)
				.filter(([, each]) => typeof each.pool === "string" && content[each.pool]?.class !== "Pool")
				.map(([key, each]) => `/${tenantName}/${name}/${key}/pool: there is no pool "${each.pool}"`),
		),
	);
}

function faultsOf(text) {
	let value;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return [`not JSON: ${error.message}`];
	}
	const faults = declaration(value, "");
	return faults.length > 0 ? faults : missingPools(value);
}

const files = process.argv.slice(2);
if (files.length === 0) {
	console.error("node as3-check.mjs FILE...");
	process.exit(2);
}
for (const file of files) {
	try {
		for (const fault of faultsOf(readFileSync(file, "utf8"))) {
			console.error(`as3-check: ${file}: ${fault}`);
			process.exitCode ??= 1;
		}
	} catch (error) {
		console.error(`as3-check: ${error.message}`);
		process.exitCode = 2;
	}
}
