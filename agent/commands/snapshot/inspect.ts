import { requireArguments, simpleCommand } from "../command.ts";
import { formatFlags, wantsJson } from "../format.ts";
import { readSnapshot, type SnapshotMeta } from "./read-snapshot.ts";
import { isDiscoState, keyOf, stateRecords } from "./state-records.ts";

interface Sum {
	readonly Name: string;
	Sum: number;
	Count: number;
}

const kvDepthDefault = 2;

export const snapshotInspect = simpleCommand({
	usage: "[options] FILE",
	about: "Checks a snapshot file and prints what it holds. No agent is asked.",
	examples: ["disco snapshot inspect -kvdetails backup.snap"],
	flags: {
		...formatFlags,
		kvdepth: { kind: "int", usage: "Sum keys up to this many levels, with -kvdetails; 2 unless given" },
		kvdetails: { kind: "bool", usage: "Print which keys take the space" },
		kvfilter: { kind: "string", usage: "Only keys that begin so, with -kvdetails", placeholder: "prefix" },
	},
	async run({ values, rest }, io) {
		requireArguments(rest, 1, 1, "one FILE");
		const asJson = wantsJson(values.format);
		const { meta, state } = await readSnapshot(rest[0] ?? "");
		const types = new Map<string, Sum>();
		const keys = new Map<string, Sum>();
		const depth = values.kvdepth ?? kvDepthDefault;
		// Of the reference's own files only the outside is known.
		for (const { name, sizeBytes, content } of isDiscoState(state) ? stateRecords(state) : []) {
			add(types, name, sizeBytes);
			if (values.kvdetails !== true || name !== "kv") continue;
			const key = keyOf(content);
			if (key.startsWith(values.kvfilter ?? "")) add(keys, key.split("/").slice(0, depth).join("/"), sizeBytes);
		}
		const details = values.kvdetails === true ? sorted(keys) : undefined;
		io.stdout(asJson ? json(meta, sorted(types), details) : pretty(meta, sorted(types), details));
		return 0;
	},
});

function add(sums: Map<string, Sum>, name: string, sizeBytes: number): void {
	const sum = sums.get(name) ?? { Name: name, Sum: 0, Count: 0 };
	sum.Sum += sizeBytes;
	sum.Count++;
	sums.set(name, sum);
}

/** Largest first. */
function sorted(sums: ReadonlyMap<string, Sum>): readonly Sum[] {
	return [...sums.values()].sort((a, b) => b.Sum - a.Sum || (a.Name < b.Name ? -1 : 1));
}

function total(sums: readonly Sum[]): number {
	return sums.reduce((sum, each) => sum + each.Sum, 0);
}

function json(meta: SnapshotMeta, types: readonly Sum[], keys: readonly Sum[] | undefined): string {
	const { ID, Size, Index, Term, Version } = meta;
	const body = {
		Meta: { ID, Size, Index, Term, Version },
		Stats: types,
		...(keys === undefined ? {} : { StatsKV: keys }),
		TotalSize: total(types),
		...(keys === undefined ? {} : { TotalSizeKV: total(keys) }),
	};
	return `${JSON.stringify(body, null, "   ")}\n`;
}

function pretty(meta: SnapshotMeta, types: readonly Sum[], keys: readonly Sum[] | undefined): string {
	const head = (["ID", "Size", "Index", "Term", "Version"] as const).map(
		(name) => ` ${name.padEnd(12)} ${meta[name]}\n`,
	);
	return `${head.join("")}\n${table("Type", types)}${keys === undefined ? "" : `\n${table("Key Name", keys)}`}`;
}

function table(title: string, sums: readonly Sum[]): string {
	const width = Math.max(title.length, ...sums.map(({ Name }) => Name.length)) + 4;
	const row = (name: string, count: string, size: string) => ` ${name.padEnd(width)}${count.padEnd(11)}${size}\n`;
	const line = row("----", "----", "----");
	return [
		row(title, "Count", "Size"),
		line,
		...sums.map((sum) => row(sum.Name, String(sum.Count), sizeText(sum.Sum))),
		line,
		row("Total", "", sizeText(total(sums))),
	].join("");
}

/** `559B`, `1.2KB`, `3MB`. */
function sizeText(bytes: number): string {
	const units = ["B", "KB", "MB", "GB"];
	let value = bytes;
	let unit = 0;
	while (value >= 1024 && unit < units.length - 1) {
		value /= 1024;
		unit++;
	}
	return `${unit === 0 ? value : Math.round(value * 10) / 10}${units[unit]}`;
}
