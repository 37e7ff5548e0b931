import { type Decoded, type Field, type Fields, field } from "../../lib/hcl/index.ts";

/** A table of a block's keys: where each goes in the layer and how its value is read. */
export type Rows<Layer> = Readonly<Record<string, Row<Layer>>>;

type Row<Layer> = { [Name in keyof Layer]-?: { readonly name: Name; readonly field: Field<unknown> } }[keyof Layer];

/** A row: the key's value becomes the layer's `name`. */
export function to<Layer, Name extends keyof Layer>(name: Name, as: Field<NonNullable<Layer[Name]>>): Row<Layer> {
	return { name, field: as } as Row<Layer>;
}

/** A block of these keys; the last of repeated ones counts, as in the reference. */
export function block<Layer>(rows: Rows<Layer>): Field<Layer> {
	const whole = field.object(fieldsOf(rows));
	return { decode: (entries, path) => layerOf(rows, whole.decode(entries, path)) };
}

/** The fields of the table alone, under the file's keys. */
export function fieldsOf<Layer>(rows: Rows<Layer>): Fields {
	return Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, row.field]));
}

/** What was read under the file's keys, under the layer's names. */
export function layerOf<Layer>(rows: Rows<Layer>, decoded: Decoded<Fields>): Layer {
	const layer: Partial<Record<keyof Layer, unknown>> = {};
	for (const [key, value] of Object.entries(decoded)) {
		const row = rows[key];
		if (row !== undefined) layer[row.name] = value;
	}
	return layer as Layer;
}
