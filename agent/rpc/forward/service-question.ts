import type { Infer } from "../../../lib/msgpack/index.ts";
import type { StringMap } from "../../state/index.ts";
import type { serviceSpecificRequest } from "../wire/catalog-structs.ts";

type ServiceRequest = Infer<typeof serviceSpecificRequest>;

/** Which instances of which service. */
export function serviceFields(
	name: string,
	{ tags = [], nodeMeta }: { readonly tags?: readonly string[]; readonly nodeMeta?: StringMap },
): Partial<ServiceRequest> {
	return {
		ServiceName: name,
		ServiceTags: tags.length === 0 ? null : tags,
		TagFilter: tags.length > 0,
		...metaFilter(nodeMeta === undefined ? {} : { nodeMeta }),
	};
}

export function metaFilter({ nodeMeta }: { readonly nodeMeta?: StringMap }) {
	return nodeMeta === undefined ? {} : { NodeMetaFilters: nodeMeta };
}

/** `ServiceTag` is what clients before 1.2 send. */
export function tagsOf({ TagFilter, ServiceTag, ServiceTags }: ServiceRequest): { readonly tags?: readonly string[] } {
	if (!TagFilter) return {};
	return { tags: ServiceTag === "" ? (ServiceTags ?? []) : [ServiceTag] };
}
