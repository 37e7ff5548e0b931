/** Last path element of an image reference up to its tag or digest: `localhost:5000/team/redis:7` gives `redis`. */
export function nameFromImage(image: string, compat: boolean): string {
	const last = image.slice(image.lastIndexOf("/") + 1);
	const name = last.split(":", 1)[0] ?? "";
	// `redis@sha256:...`: the reference cuts at the colon only and registers `redis@sha256`.
	return compat ? name : (name.split("@", 1)[0] ?? "");
}

/** `owner:container:port`, and `:udp` for UDP: unique for each port of each container of this host. */
export function serviceId(owner: string, container: string, innerPort: number, protocol: string): string {
	return `${owner}:${container}:${innerPort}${protocol === "udp" ? ":udp" : ""}`;
}

/**
 * The container's name in an id of this owner's shape, or undefined for every other id (decision 15). `compat`: of names that Docker
 * gives; other sources have others.
 */
export function containerOfOwnId(owner: string, id: string, compat: boolean): string | undefined {
	if (!id.startsWith(`${owner}:`)) return undefined;
	const name = /^([^:]+):\d+(?::udp)?$/.exec(id.slice(owner.length + 1))?.[1];
	return name === undefined || (compat && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) ? undefined : name;
}
