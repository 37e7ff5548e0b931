/** What `range` goes over: one element after the other. */
import { elementType, entriesOf, isNilValue, itemsOf } from "./access.ts";
import { plainText } from "./format/value.ts";
import type { Branch, Pipe } from "./nodes.ts";
import { fail, type State } from "./state.ts";
import { type GoType, isInteger } from "./types.ts";
import { type GoValue, goValue, rawOf, type Typed, typeOf } from "./values.ts";

/** A `range` under way. */
export type Loop = {
	readonly pipe: Pipe;
	/** Number of variables that exist when a turn starts. */
	readonly inner: number;
	/** Goes to the next element; false when there is none. */
	next(): boolean;
	/** Of the current turn. */
	index: GoValue;
	element: GoValue;
	/** The interface type through which elements are seen; see `Binding.seenAs`. */
	readonly seenAs: GoType | undefined;
};

type Pair = readonly [index: GoValue, element: GoValue];

/** Undefined for no value: there is nothing to go over. */
export function startLoop(state: State, { pipe }: Branch, value: GoValue): Loop | undefined {
	const type = typeOf(value);
	if (type === undefined) return undefined;
	const inner = state.bindings.length;
	const common = { pipe, inner, index: undefined, element: undefined };
	if (type.kind === "slice") return sliceLoop(common, value);
	if (type.kind === "map") return { ...pairLoop(common, entriesOf(value)), seenAs: interfaceElement(value) };
	if (type.kind === "chan") return isNilValue(value) ? undefined : pairLoop(common, received(value, type.elem));
	if (type.kind === "func" && type.yields !== 0) {
		if (type.yields === 1) refusePair(state, pipe, value, "");
		return pairLoop(common, yielded(value, type.parameters, type.yields, pipe.variables.length > 1));
	}
	if (isInteger(type.kind)) {
		refusePair(state, pipe, value, "to ");
		return pairLoop(common, counted(value, type));
	}
	return fail(state, `range can't iterate over ${plainText(value)}`);
}

type Common = Pick<Loop, "pipe" | "inner" | "index" | "element">;

function interfaceElement(value: GoValue): GoType | undefined {
	const elem = elementType(value);
	return elem.kind === "interface" ? elem : undefined;
}

function sliceLoop(common: Common, value: GoValue): Loop {
	const items = itemsOf(value);
	const elem = elementType(value);
	let at = 0;
	const loop: Loop = {
		...common,
		seenAs: interfaceElement(value),
		next() {
			if (at >= items.length) return false;
			loop.index = at;
			loop.element = goValue(elem, items[at++]);
			return true;
		},
	};
	return loop;
}

function pairLoop(common: Common, pairs: Iterable<Pair>): Loop {
	const source = pairs[Symbol.iterator]();
	return {
		...common,
		seenAs: undefined,
		next() {
			const { done, value } = source.next();
			if (done === true) return false;
			[this.index, this.element] = value;
			return true;
		},
	};
}

/** 0, 1, ... below the number. */
function* counted(value: GoValue, type: GoType): Generator<Pair> {
	const end = rawOf(value) as number | bigint;
	for (let i = 0; i < end; i++) yield [undefined, goValue(type, i)];
}

function* received(value: GoValue, elem: GoType): Generator<Pair> {
	let i = 0;
	for (const item of (value as Typed).raw as Iterable<unknown>) yield [i++, goValue(elem, item)];
}

function* yielded(value: GoValue, elements: readonly GoType[], yields: 1 | 2, both: boolean): Generator<Pair> {
	const [first, second] = elements as readonly [GoType, GoType];
	for (const item of (rawOf(value) as () => Iterable<unknown>)()) {
		if (yields === 1) {
			yield [undefined, goValue(first, item)];
			continue;
		}
		const [key, element] = item as readonly [unknown, unknown];
		const keyValue = goValue(first, key);
		yield both ? [keyValue, goValue(second, element)] : [undefined, keyValue];
	}
}

/** Numbers and iterators of single values have no index. Go's two texts differ by a word. */
function refusePair(state: State, pipe: Pipe, value: GoValue, to: string): void {
	if (pipe.variables.length > 1) fail(state, `can't use ${plainText(value)} ${to}iterate over more than one variable`);
}
