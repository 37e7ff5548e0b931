export type {
	CheckContent,
	CheckRecord,
	Deregistration,
	Indexed,
	InstanceRecord,
	KvRecord,
	NodeRecord,
	Registration,
	ServiceAddress,
	ServiceContent,
	ServiceRecord,
	StringMap,
} from "./records.ts";
