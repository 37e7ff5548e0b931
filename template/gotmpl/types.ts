/**
 * Go's types, as far as a template can see them: what `%T` prints, what may be assigned to what, which fields and
 * methods there are. Unnamed types are made once (`sliceOf(stringType) === sliceOf(stringType)`), so `===` is identity.
 */

/** Kinds of numbers, texts and truths. */
export type BasicKind = IntegerKind | "bool" | "float64" | "complex128" | "string";
export type SignedKind = "int" | "int8" | "int16" | "int32" | "int64";
export type UnsignedKind = "uint" | "uint8" | "uint16" | "uint32" | "uint64";
export type IntegerKind = SignedKind | UnsignedKind;
export type GoKind = BasicKind | "interface" | "slice" | "map" | "struct" | "pointer" | "func" | "chan";

type Common = {
	/** What `%T` prints. */
	readonly text: string;
	/** The type that a named type was made of; the type itself for all others. */
	readonly underlying: GoType;
	/** Whether the type has a name of its own (`string` has, `[]string` has not). */
	readonly named: boolean;
	/** Methods by name. A pointer has those of what it points to. */
	readonly methods: ReadonlyMap<string, GoMethod>;
};

/** A method: the raw receiver comes first, then the arguments (see `goFunc` for what "raw" is). */
export type GoMethod = {
	readonly type: FuncType;
	readonly call: (...receiverAndArguments: never[]) => unknown;
};

/** A field of a struct. */
export type GoField = { readonly name: string; readonly type: GoType };

export type BasicType = Common & { readonly kind: BasicKind };
/** `interface {}` or `error`. */
export type InterfaceType = Common & { readonly kind: "interface" };
export type SliceType = Common & { readonly kind: "slice"; readonly elem: GoType };
export type MapType = Common & { readonly kind: "map"; readonly key: GoType; readonly elem: GoType };
export type PointerType = Common & { readonly kind: "pointer"; readonly elem: GoType };
export type ChanType = Common & { readonly kind: "chan"; readonly elem: GoType };
export type StructType = Common & { readonly kind: "struct"; readonly fields: ReadonlyMap<string, GoField> };
export type FuncType = Common & {
	readonly kind: "func";
	/** The last one is the element type of the rest when `variadic`. */
	readonly parameters: readonly GoType[];
	readonly variadic: boolean;
	readonly result: GoType;
	/** How many values an iterator yields at a time (`iter.Seq`: 1, `iter.Seq2`: 2); 0 for other functions. */
	readonly yields: 0 | 1 | 2;
};
export type GoType = BasicType | InterfaceType | SliceType | MapType | PointerType | ChanType | StructType | FuncType;

const noMethods: ReadonlyMap<string, GoMethod> = new Map();

/** What a type is, apart from what all types have. */
type Shape<T extends GoType> = T extends GoType ? Omit<T, keyof Common> : never;

/** The type is its own `underlying`, which an object literal cannot say. */
function makeType<T extends GoType>(text: string, named: boolean, shape: Shape<T>): T {
	const type = { ...shape, text, named, methods: noMethods } as unknown as T & { underlying: GoType };
	type.underlying = type;
	return type;
}

function basic(kind: BasicKind): BasicType {
	return makeType<BasicType>(kind, true, { kind });
}

export const boolType = basic("bool");
export const intType = basic("int");
export const int8Type = basic("int8");
export const int16Type = basic("int16");
/** A rune is an int32. */
export const int32Type = basic("int32");
export const int64Type = basic("int64");
export const uintType = basic("uint");
/** A byte is a uint8. */
export const uint8Type = basic("uint8");
export const uint16Type = basic("uint16");
export const uint32Type = basic("uint32");
export const uint64Type = basic("uint64");
export const float64Type = basic("float64");
export const complex128Type = basic("complex128");
export const stringType = basic("string");
/** `interface {}`: anything, nil too. */
export const anyType = makeType<InterfaceType>("interface {}", false, { kind: "interface" });
export const errorType = makeType<InterfaceType>("error", true, { kind: "interface" });
/**
 * The parameter type of functions that look at the value itself, as Go's own `index`, `len` or `eq` do: like
 * `interface {}`, except that an absent value (`undefined`) stays apart from a nil (`null`).
 */
export const valueType = makeType<InterfaceType>("reflect.Value", true, { kind: "interface" });

const slices = new WeakMap<GoType, SliceType>();
const pointers = new WeakMap<GoType, PointerType>();
const channels = new WeakMap<GoType, ChanType>();
const maps = new WeakMap<GoType, WeakMap<GoType, MapType>>();

function once<T extends GoType>(made: WeakMap<GoType, T>, of: GoType, make: () => T): T {
	const known = made.get(of);
	if (known !== undefined) return known;
	const type = make();
	made.set(of, type);
	return type;
}

/** `[]ELEM` */
export function sliceOf(elem: GoType): SliceType {
	return once(slices, elem, () => makeType<SliceType>(`[]${elem.text}`, false, { kind: "slice", elem }));
}

/** `map[KEY]ELEM` */
export function mapOf(key: GoType, elem: GoType): MapType {
	let byElem = maps.get(key);
	if (byElem === undefined) {
		byElem = new WeakMap();
		maps.set(key, byElem);
	}
	return once(byElem, elem, () => makeType<MapType>(`map[${key.text}]${elem.text}`, false, { kind: "map", key, elem }));
}

/** `*ELEM` */
export function pointerTo(elem: GoType): PointerType {
	return once(pointers, elem, () => {
		const type = makeType<PointerType>(`*${elem.text}`, false, { kind: "pointer", elem });
		return { ...type, methods: elem.methods, underlying: type };
	});
}

/** `<-chan ELEM` */
export function channelOf(elem: GoType): ChanType {
	return once(channels, elem, () => makeType<ChanType>(`<-chan ${elem.text}`, false, { kind: "chan", elem }));
}

/** Signature of a function. With `variadic` the last parameter is the type of each further argument. */
export function funcType(
	parameters: readonly GoType[],
	result: GoType,
	options: { readonly variadic?: boolean } = {},
): FuncType {
	const variadic = options.variadic ?? false;
	const list = parameters.map((p, i) => (variadic && i === parameters.length - 1 ? `...${p.text}` : p.text));
	return makeType<FuncType>(`func(${list.join(", ")}) ${result.text}`, false, {
		kind: "func",
		parameters,
		variadic,
		result,
		yields: 0,
	});
}

/** `iter.Seq[V]` (one type) or `iter.Seq2[K,V]` (two). */
export function iteratorType(...elements: readonly [GoType] | readonly [GoType, GoType]): FuncType {
	const text = `iter.Seq${elements.length === 2 ? "2" : ""}[${elements.map((e) => e.text).join(",")}]`;
	return makeType<FuncType>(text, true, {
		kind: "func",
		parameters: elements,
		variadic: false,
		result: anyType,
		yields: elements.length,
	});
}

/** Methods of a named type, written as `{ Contains: ["func(string) bool", (tags, tag) => ...] }` through `goMethod`. */
export type Methods = Readonly<Record<string, GoMethod>>;

/**
 * A struct type. `name` is what `%T` prints (`dependency.KeyPair`); without a name it prints as `struct { A int }`.
 * Fields are in declaration order, which is the order of printing.
 */
export function structType(name: string, fields: Readonly<Record<string, GoType>>, methods: Methods = {}): StructType {
	const list = Object.entries(fields);
	const text = name === "" ? `struct { ${list.map(([n, t]) => `${n} ${t.text}`).join("; ")} }` : name;
	const type = makeType<StructType>(text, name !== "", {
		kind: "struct",
		fields: new Map(list.map(([fieldName, fieldType]) => [fieldName, { name: fieldName, type: fieldType }])),
	});
	return { ...type, methods: new Map(Object.entries(methods)), underlying: type };
}

/** A type with a name of its own and the same values, such as `type ServiceTags []string`. */
export function namedType<T extends GoType>(name: string, of: T, methods: Methods = {}): T {
	return { ...of, text: name, named: true, methods: new Map(Object.entries(methods)), underlying: of.underlying };
}

/** Whether a value of type `from` may be passed where `to` is wanted (Go's specification, Assignability). */
export function assignable(from: GoType, to: GoType): boolean {
	if (from === to || to === anyType || to === valueType) return true;
	if (to.kind === "interface") return from.methods.has("Error");
	return from.underlying === to.underlying && (!from.named || !to.named);
}

/** Whether nil is a value of the type. */
export function canBeNil(type: GoType): boolean {
	return ["interface", "slice", "map", "pointer", "func", "chan"].includes(type.kind);
}

export function isSigned(kind: GoKind): kind is SignedKind {
	return kind === "int" || kind === "int64" || kind === "int32" || kind === "int16" || kind === "int8";
}

export function isUnsigned(kind: GoKind): kind is UnsignedKind {
	return kind === "uint8" || kind === "uint64" || kind === "uint" || kind === "uint32" || kind === "uint16";
}

export function isInteger(kind: GoKind): kind is IntegerKind {
	return isSigned(kind) || isUnsigned(kind);
}
