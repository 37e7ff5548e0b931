import { AutopilotTable } from "./autopilot-table.ts";
import { CatalogReads } from "./catalog-reads.ts";
import { CatalogTables } from "./catalog-tables.ts";
import { CoordinateTable } from "./coordinate-table.ts";
import { Journal } from "./journal.ts";
import { KvHistory } from "./kv-history.ts";
import { KvTable } from "./kv-table.ts";
import { QueryTable } from "./query-table.ts";
import type { SessionRecord } from "./records.ts";
import { SessionTable } from "./session-table.ts";
import type { Watches } from "./watches.ts";

/** All tables, as they follow each other: what goes takes along what depends on it. */
export interface Tables {
	readonly journal: Journal;
	readonly catalog: CatalogTables;
	readonly reads: CatalogReads;
	readonly kv: KvTable;
	readonly history: KvHistory;
	readonly sessions: SessionTable;
	readonly queries: QueryTable;
	readonly coordinates: CoordinateTable;
	readonly autopilot: AutopilotTable;
}

/** A session that ended, with the keys that it held until then. */
export interface SessionEnd {
	readonly session: SessionRecord;
	readonly keys: readonly string[];
}

/** Empty ones. `onSessionEnd` is told of each session that goes, in a transaction before it is known to succeed. */
export function newTables(watches: Watches, onSessionEnd: (end: SessionEnd) => void): Tables {
	const journal = new Journal();
	const queries = new QueryTable(watches, journal);
	const coordinates = new CoordinateTable(watches, journal);
	const sessions: SessionTable = new SessionTable(watches, journal, (index, session) => {
		queries.sessionEnded(index, session.id);
		onSessionEnd({ session, keys: kv.sessionEnded(index, session.id, session.behavior) });
	});
	const catalog = new CatalogTables(watches, journal, {
		checkLost: (index, node, checkId) => sessions.checkLost(index, node, checkId),
		nodeGone: (index, node) => {
			sessions.nodeGone(index, node);
			coordinates.nodeGone(index, node);
		},
	});
	const history = new KvHistory(journal);
	const kv = new KvTable(watches, { journal, sessions, history });
	return {
		journal,
		catalog,
		reads: new CatalogReads(catalog, watches),
		kv,
		history,
		sessions,
		queries,
		coordinates,
		autopilot: new AutopilotTable(),
	};
}
