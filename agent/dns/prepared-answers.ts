import { type IpAddress, ipAddressHex } from "../../lib/ip-address.ts";
import type { InstanceRecord, NodeRecord } from "../rpc/index.ts";
import {
	type AnswerContext,
	answersType,
	placeOf,
	portOf,
	srvKey,
	srvPriority,
	srvTarget,
	weightOf,
} from "./answers.ts";
import { Drawer } from "./draw.ts";
import { headerBytes } from "./message.ts";
import { nodeMetaTexts } from "./node-meta.ts";
import { recordType } from "./records.ts";

/** An answer in the bytes in which it is sent, behind a pointer to the question's name. */
export interface PreparedRecord {
	readonly bytes: Buffer;
	/** Only for SRV. */
	readonly srv?: PreparedTarget;
}

export interface PreparedTarget {
	/** The target's number: the same name has the same. */
	readonly target: number;
	/** Whether the target is the node's name, not an encoded address. */
	readonly isNode: boolean;
	/** First label of the target with its length, as bytes. */
	readonly label: Buffer;
	/** The address record beside it, without its owner. */
	readonly address: Buffer;
	/** The node's metadata: TXT records without their owner, which is the node's name. */
	readonly texts: readonly Buffer[];
	readonly node: number;
	readonly nodeLabel: Buffer;
	/** Lengths of the names without compression. */
	readonly targetBytes: number;
	readonly nodeNameBytes: number;
}

export interface PreparedAnswers {
	readonly records: readonly PreparedRecord[];
	/** Instance -> its record; -1 for an instance without one of the type. */
	readonly recordOf: Int32Array;
	readonly drawer: Drawer;
	/** Of each record: the answer in which it was chosen last, so that a record stands once in an answer. */
	readonly chosenIn: Uint32Array;
}

/** Names that are written as they are: no dot inside the label, nothing that text and bytes could spell differently. */
const plainLabel = /^[\x21-\x2d\x2f-\x5b\x5d-\x7e]{1,63}$/;
const pointerToQuestion = 0xc000 | headerBytes;

/**
 * What the general path (`answers.ts`) would answer with for these instances, as bytes. Undefined where it must decide itself: host
 * names as addresses, odd node names, nothing of the type.
 */
export function prepareAnswers(
	instances: readonly InstanceRecord[],
	context: AnswerContext,
): PreparedAnswers | undefined {
	const preparation = context.type === recordType.SRV ? prepareSrv : prepareAddresses;
	return preparation(instances, context);
}

function prepareAddresses(instances: readonly InstanceRecord[], context: AnswerContext): PreparedAnswers | undefined {
	const records: PreparedRecord[] = [];
	const numbers = new Map<string, number>();
	const recordOf = new Int32Array(instances.length).fill(-1);
	for (const [index, instance] of instances.entries()) {
		const place = placeOf(instance, context);
		if (place.kind !== "address") return undefined;
		if (!answersType(place.address, context.type)) continue;
		const key = ipAddressHex(place.address);
		const number = numbers.get(key) ?? records.length;
		if (number === records.length) {
			numbers.set(key, number);
			records.push({ bytes: Buffer.concat([ownedByQuestion, addressRecord(place.address, context.ttlSeconds)]) });
		}
		recordOf[index] = number;
	}
	return finished(records, recordOf);
}

function prepareSrv(instances: readonly InstanceRecord[], context: AnswerContext): PreparedAnswers | undefined {
	const records: PreparedRecord[] = [];
	const numbers = new Map<string, number>();
	const targets = new Map<string, number>();
	const nodes = new Map<string, { readonly number: number; readonly isTarget: boolean }>();
	const recordOf = new Int32Array(instances.length);
	for (const [index, instance] of instances.entries()) {
		const { node } = instance;
		const place = placeOf(instance, context);
		if (place.kind !== "address" || !plainLabel.test(node.node)) return undefined;
		const key = srvKey(instance, context);
		const number = numbers.get(key) ?? records.length;
		recordOf[index] = number;
		if (number < records.length) continue;
		numbers.set(key, number);
		const nodeName = `${node.node}.node.${context.datacenter}.${context.domain}`;
		const name = srvTarget(place, nodeName, context);
		if (name === undefined || nodeName.length > 253) return undefined;
		const isNode = name === nodeName;
		const known = nodes.get(node.node) ?? { number: nodes.size, isTarget: isNode };
		const texts = context.options.additionalNodeMetaTxt ? textRecords(node, context.ttlSeconds) : [];
		// Which of a node's records a cut answer keeps depends on their order then: left to the general path.
		if (known.isTarget !== isNode && texts.length > 0) return undefined;
		nodes.set(node.node, known);
		const target = targets.get(name) ?? targets.size;
		targets.set(name, target);
		records.push({
			bytes: srvRecord(instance, name, context),
			srv: {
				target,
				isNode,
				label: labelBytes(name.slice(0, name.indexOf("."))),
				address: addressRecord(place.address, context.ttlSeconds),
				texts,
				node: known.number,
				nodeLabel: labelBytes(node.node),
				targetBytes: name.length + 2,
				nodeNameBytes: nodeName.length + 2,
			},
		});
	}
	return finished(records, recordOf);
}

function finished(records: readonly PreparedRecord[], recordOf: Int32Array): PreparedAnswers | undefined {
	if (records.length === 0) return undefined;
	return {
		records,
		recordOf,
		drawer: new Drawer(recordOf.length),
		chosenIn: new Uint32Array(records.length),
	};
}

const ownedByQuestion = Buffer.from([pointerToQuestion >> 8, pointerToQuestion & 0xff]);

function fixedPart(type: number, ttlSeconds: number, contentBytes: number): Buffer {
	const fixed = Buffer.alloc(10);
	fixed.writeUInt16BE(type, 0);
	fixed.writeUInt16BE(1, 2);
	fixed.writeUInt32BE(ttlSeconds, 4);
	fixed.writeUInt16BE(contentBytes, 8);
	return fixed;
}

function addressRecord(address: IpAddress, ttlSeconds: number): Buffer {
	const { bytes } = address;
	return Buffer.concat([
		fixedPart(address.version === 4 ? recordType.A : recordType.AAAA, ttlSeconds, bytes.length),
		bytes,
	]);
}

function textRecords({ meta }: NodeRecord, ttlSeconds: number): readonly Buffer[] {
	return nodeMetaTexts(meta ?? {}).map((texts) => {
		const content = Buffer.concat(texts.flatMap((text) => [Buffer.from([text.length]), text]));
		return Buffer.concat([fixedPart(recordType.TXT, ttlSeconds, content.length), content]);
	});
}

function srvRecord(instance: InstanceRecord, target: string, context: AnswerContext): Buffer {
	const labels = target.split(".").map(labelBytes);
	const numbers = Buffer.alloc(6);
	numbers.writeUInt16BE(srvPriority, 0);
	numbers.writeUInt16BE(weightOf(instance), 2);
	numbers.writeUInt16BE(portOf(instance, context.wan), 4);
	const content = Buffer.concat([numbers, ...labels, Buffer.from([0])]);
	return Buffer.concat([ownedByQuestion, fixedPart(recordType.SRV, context.ttlSeconds, content.length), content]);
}

function labelBytes(label: string): Buffer {
	return Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")]);
}
