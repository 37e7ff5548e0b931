/** Freezes plain data all the way down and returns it. Bytes stay as they are: they cannot be frozen, nobody writes to them. */
export function deepFreeze<Value>(value: Value): Value {
	if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
	for (const part of Object.values(value)) deepFreeze(part);
	return Object.freeze(value);
}

/** Whether two plain values hold the same, whatever the order of their fields. Absent and undefined are the same. */
export function sameContent(a: unknown, b: unknown): boolean {
	if (Object.is(a, b)) return true;
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
	if (Array.isArray(a) !== Array.isArray(b)) return false;
	const left = a as Record<string, unknown>;
	const right = b as Record<string, unknown>;
	const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
	for (const field of fields) if (!sameContent(left[field], right[field])) return false;
	return true;
}

/** Whether two byte strings are equal. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
	return true;
}
