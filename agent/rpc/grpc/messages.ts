import protobuf from "protobufjs/light.js";

/** `name: "type number"`; `repeated` in front for a list, `map` for one by text. */
type Fields = Readonly<Record<string, string>>;

const raftIndex = "RaftIndex";
/** Of a duration in seconds and nanoseconds. */
const duration = "Duration";

/**
 * What the reference's subscription service (1.14) speaks: names, types and numbers are those of its descriptors. What belongs to the
 * mesh, to partitions and to other topics is left out.
 */
const definitions: Readonly<Record<string, Fields>> = {
	NamedSubject: { Key: "string 1", Namespace: "string 2", Partition: "string 3", PeerName: "string 4" },
	SubscribeRequest: {
		Topic: "uint32 1",
		/** The next four but two: from clients before 1.14, which know no subjects. */
		Key: "string 2",
		Token: "string 3",
		Index: "uint64 4",
		Datacenter: "string 5",
		Namespace: "string 6",
		Partition: "string 7",
		PeerName: "string 8",
		WildcardSubject: "bool 9",
		NamedSubject: "NamedSubject 10",
	},
	Event: {
		Index: "uint64 1",
		EndOfSnapshot: "bool 2",
		NewSnapshotToFollow: "bool 3",
		EventBatch: "EventBatch 4",
		ServiceHealth: "ServiceHealthUpdate 10",
	},
	EventBatch: { Events: "repeated Event 1" },
	/** An `Event` of a batch whose events are encoded already: the bytes are the same. */
	EncodedBatchEvent: { Index: "uint64 1", EventBatch: "EncodedBatch 4" },
	EncodedBatch: { Events: "repeated bytes 1" },
	ServiceHealthUpdate: { Op: "uint32 1", CheckServiceNode: "CheckServiceNode 2" },
	CheckServiceNode: { Node: "Node 1", Service: "NodeService 2", Checks: "repeated HealthCheck 3" },
	Node: {
		ID: "string 1",
		Node: "string 2",
		Address: "string 3",
		Datacenter: "string 4",
		TaggedAddresses: "map string 5",
		Meta: "map string 6",
		RaftIndex: `${raftIndex} 7`,
	},
	NodeService: {
		Kind: "string 1",
		ID: "string 2",
		Service: "string 3",
		Tags: "repeated string 4",
		Address: "string 5",
		Meta: "map string 6",
		Port: "int32 7",
		Weights: "Weights 8",
		EnableTagOverride: "bool 9",
		RaftIndex: `${raftIndex} 14`,
		TaggedAddresses: "map ServiceAddress 15",
	},
	ServiceAddress: { Address: "string 1", Port: "int32 2" },
	Weights: { Passing: "int32 1", Warning: "int32 2" },
	HealthCheck: {
		Node: "string 1",
		CheckID: "string 2",
		Name: "string 3",
		Status: "string 4",
		Notes: "string 5",
		Output: "string 6",
		ServiceID: "string 7",
		ServiceName: "string 8",
		ServiceTags: "repeated string 9",
		Definition: "HealthCheckDefinition 10",
		RaftIndex: `${raftIndex} 11`,
		Type: "string 12",
		ExposedPort: "int32 14",
		Interval: "string 15",
		Timeout: "string 16",
	},
	HealthCheckDefinition: {
		HTTP: "string 1",
		TLSSkipVerify: "bool 2",
		Header: "map HeaderValue 3",
		Method: "string 4",
		TCP: "string 5",
		Interval: `${duration} 6`,
		Timeout: `${duration} 7`,
		DeregisterCriticalServiceAfter: `${duration} 8`,
		OutputMaxSize: "uint32 9",
		ScriptArgs: "repeated string 10",
		DockerContainerID: "string 11",
		Shell: "string 12",
		GRPC: "string 13",
		GRPCUseTLS: "bool 14",
		AliasNode: "string 15",
		AliasService: "string 16",
		TTL: `${duration} 17`,
		Body: "string 18",
		TLSServerName: "string 19",
		H2PING: "string 20",
		H2PingUseTLS: "bool 21",
		DisableRedirects: "bool 22",
		UDP: "string 23",
		OSService: "string 24",
	},
	HeaderValue: { Value: "repeated string 1" },
	RaftIndex: { CreateIndex: "uint64 1", ModifyIndex: "uint64 2" },
	Duration: { seconds: "int64 1", nanos: "int32 2" },
};

const root = protobuf.Root.fromJSON({
	nested: Object.fromEntries(
		Object.entries(definitions).map(([name, fields]) => [
			name,
			{
				fields: Object.fromEntries(Object.entries(fields).map(([field, text]) => [field, fieldOf(text)])),
			},
		]),
	),
});

function fieldOf(text: string) {
	const [id = "", type = "", rule] = text.split(" ").reverse();
	if (rule === "map") return { keyType: "string", type, id: Number(id) };
	return { type, id: Number(id), ...(rule === undefined ? {} : { rule }) };
}

const requestType = root.lookupType("SubscribeRequest");
const eventType = root.lookupType("Event");
const encodedBatchEventType = root.lookupType("EncodedBatchEvent");

export const topics = { serviceHealth: 1, serviceHealthConnect: 2 } as const;
/** Those of config entries: meshes, resolvers, gateways, intentions, defaults. */
export const configEntryTopics: readonly number[] = [3, 4, 5, 6, 8];
export const catalogOps = { register: 0, deregister: 1 } as const;

/** What somebody subscribes to. */
export interface SubscribeRequest {
	readonly topic: number;
	/** Undefined: all there are of the topic. */
	readonly key: string | undefined;
	readonly token: string;
	/** Of the subscriber's view; 0 for none. */
	readonly index: number;
	/** Empty for the server's. */
	readonly datacenter: string;
	readonly peerName: string;
}

/** Fails with a `RangeError` or an `Error` of protobufjs for what is no such message. */
export function decodeSubscribeRequest(encoded: Uint8Array): SubscribeRequest {
	const found = requestType.toObject(requestType.decode(encoded), { longs: Number, defaults: true });
	const { Topic, Token, Index, Datacenter, NamedSubject: named } = found;
	return {
		topic: Topic,
		key: found["WildcardSubject"] === true ? undefined : (named?.Key ?? found["Key"]),
		token: Token,
		index: Index,
		datacenter: Datacenter,
		peerName: named?.PeerName ?? found["PeerName"],
	};
}

/** For clients of the service, which are tests. */
export function encodeSubscribeRequest(request: Partial<SubscribeRequest>): Uint8Array {
	const { topic = topics.serviceHealth, key, token = "", index = 0, datacenter = "", peerName = "" } = request;
	const Subject = key === undefined ? { WildcardSubject: true } : { NamedSubject: { Key: key, PeerName: peerName } };
	const fields = { Topic: topic, Token: token, Index: index, Datacenter: datacenter, ...Subject };
	return requestType.encode(fields).finish();
}

/** Fields are the message's; those that are left out are zero. */
export function encodeEvent(event: Readonly<Record<string, unknown>>): Uint8Array {
	return eventType.encode(event).finish();
}

/** One event of those that `encodeEvent` gave. */
export function encodeBatch(index: number, events: readonly Uint8Array[]): Uint8Array {
	return encodedBatchEventType.encode({ Index: index, EventBatch: { Events: events } }).finish();
}

/** As JSON would have it, without what is zero. */
export function decodeEvent(encoded: Uint8Array): Readonly<Record<string, unknown>> {
	return eventType.toObject(eventType.decode(encoded), { longs: Number });
}
