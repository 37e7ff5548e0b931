import { goFunc, goMethod, structType } from "../../gotmpl/index.ts";
import type { FunctionFamily } from "../context.ts";

/** A version as Semantic Versioning 2.0.0 has it; missing minor and patch numbers are 0. */
interface Version {
	readonly numbers: readonly [number, number, number];
	/** How many of the numbers were written. */
	readonly written: number;
	readonly prerelease: string;
	readonly metadata: string;
	readonly original: string;
}

const versionType = structType(
	"semver.Version",
	{},
	{
		Major: goMethod("func() uint64", ({ numbers }: Version) => numbers[0]),
		Minor: goMethod("func() uint64", ({ numbers }: Version) => numbers[1]),
		Patch: goMethod("func() uint64", ({ numbers }: Version) => numbers[2]),
		Prerelease: goMethod("func() string", ({ prerelease }: Version) => prerelease),
		Metadata: goMethod("func() string", ({ metadata }: Version) => metadata),
		Original: goMethod("func() string", ({ original }: Version) => original),
		String: goMethod("func() string", versionText),
		MarshalJSON: goMethod("func() string", (version: Version) => JSON.stringify(versionText(version))),
	},
);

/** Versions and constraints on them. */
export const sprigSemverFunctions: FunctionFamily = {
	semver: goFunc("func(string) (*semver.Version, error)", parseVersion, { "semver.Version": versionType }),
	semverCompare: goFunc("func(string, string) (bool, error)", (constraint: string, version: string) =>
		satisfies(parseVersion(version), constraint),
	),
};

const versionPattern = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;

function parseVersion(text: string): Version {
	const match = versionPattern.exec(text);
	if (match === null) throw new Error("Invalid Semantic Version");
	const [, major, minor, patch, prerelease = "", metadata = ""] = match;
	return {
		numbers: [Number(major), Number(minor ?? 0), Number(patch ?? 0)],
		written: patch === undefined ? (minor === undefined ? 1 : 2) : 3,
		prerelease,
		metadata,
		original: text,
	};
}

function versionText({ numbers, prerelease, metadata }: Version): string {
	return numbers.join(".") + (prerelease === "" ? "" : `-${prerelease}`) + (metadata === "" ? "" : `+${metadata}`);
}

/** Order of versions (semver.org, 11); metadata do not count. */
function compareVersions(a: Version, b: Version): number {
	for (const at of [0, 1, 2] as const) if (a.numbers[at] !== b.numbers[at]) return a.numbers[at] - b.numbers[at];
	if (a.prerelease === b.prerelease) return 0;
	if (a.prerelease === "") return 1;
	if (b.prerelease === "") return -1;
	return comparePrereleases(a.prerelease.split("."), b.prerelease.split("."));
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
	for (let at = 0; at < Math.max(a.length, b.length); at++) {
		const left = a[at];
		const right = b[at];
		if (left === undefined) return -1;
		if (right === undefined) return 1;
		if (left === right) continue;
		const numeric = [/^\d+$/.test(left), /^\d+$/.test(right)] as const;
		if (numeric[0] && numeric[1]) return Number(left) - Number(right);
		if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
		return left < right ? -1 : 1;
	}
	return 0;
}

/** `^1.2 || >=3, <4`, `~1.2.3`, `1.x`, `1.2 - 2.3.4`: alternatives of parts that must all hold. */
function satisfies(version: Version, constraint: string): boolean {
	return constraint.split("||").some((alternative) => {
		const range = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(alternative);
		const text = range === null ? alternative : `>=${range[1]} <=${range[2]}`;
		const parts = text
			.replace(/([<>=!~^]+)\s+/g, "$1")
			.split(/[\s,]+/)
			.filter((part) => part !== "");
		if (parts.length === 0) throw new Error(`improper constraint: ${constraint}`);
		return parts.every((part) => holds(version, part, constraint));
	});
}

function holds(version: Version, part: string, constraint: string): boolean {
	const match = /^(==|!=|>=|=>|<=|=<|~>|=|>|<|~|\^)?v?(.*)$/.exec(part);
	const operator = match?.[1] ?? "";
	const wild = (match?.[2] ?? "").replace(/(?:^|\.)[xX*](?:\.[xX*])*$/, "");
	if (wild === "" && (match?.[2] ?? "") !== "") return version.prerelease === "" && operator !== "!=";
	let wanted: Version;
	try {
		wanted = parseVersion(wild);
	} catch {
		throw new Error(`improper constraint: ${constraint}`);
	}
	// A pre-release matches only constraints that name one.
	if (version.prerelease !== "" && wanted.prerelease === "") return false;
	const order = compareVersions(version, wanted);
	const same = (count: number) => wanted.numbers.slice(0, count).every((number, at) => version.numbers[at] === number);
	switch (operator) {
		case ">":
			return wanted.written < 3 ? order > 0 && !same(wanted.written) : order > 0;
		case "<":
			return order < 0;
		case ">=":
		case "=>":
			return order >= 0;
		case "<=":
		case "=<":
			return order <= 0 || (wanted.written < 3 && same(wanted.written));
		case "!=":
			return wanted.written < 3 ? !same(wanted.written) : order !== 0;
		case "~":
		case "~>":
			return order >= 0 && same(Math.min(2, wanted.written));
		case "^":
			return order >= 0 && same(caretDigits(wanted));
		default: // =, == or none
			return wanted.written < 3 ? order >= 0 && same(wanted.written) : order === 0;
	}
}

/** `^` lets everything change right of the first number that is not 0. */
function caretDigits({ numbers, written }: Version): number {
	if (numbers[0] > 0 || written === 1) return 1;
	return numbers[1] > 0 || written === 2 ? 2 : 3;
}
