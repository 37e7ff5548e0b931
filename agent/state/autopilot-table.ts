import type { AutopilotContent, AutopilotRecord, QueryResult } from "./records.ts";

/** The one record of how servers look after each other. Not part of transactions, and nobody waits for it. */
export class AutopilotTable {
	#record: AutopilotRecord | undefined;

	get(): QueryResult<AutopilotRecord | undefined> {
		return { index: Math.max(this.#record?.modifyIndex ?? 0, 1), value: this.#record };
	}

	/** With `expected`: only when it is the record's modifyIndex (0: there is none yet); else false and nothing changes. */
	set(index: number, content: AutopilotContent, expected: number | undefined): boolean {
		if (expected !== undefined && expected !== (this.#record?.modifyIndex ?? 0)) return false;
		const createIndex = this.#record?.createIndex ?? index;
		this.#record = Object.freeze({ ...content, createIndex, modifyIndex: index });
		return true;
	}

	/** For restoring into a new, empty table. */
	load(record: AutopilotRecord): void {
		this.#record = Object.freeze(record);
	}
}
