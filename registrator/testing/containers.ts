/** What a test says of a container; the rest is a container named `web` on the default bridge. */
export interface ContainerDraft {
	readonly name?: string;
	readonly image?: string;
	readonly environment?: Readonly<Record<string, string>>;
	readonly labels?: Readonly<Record<string, string>>;
	readonly exposed?: readonly string[];
	/** `80/tcp` to `address:port` of the host, in Docker's order. */
	readonly published?: Readonly<Record<string, readonly string[]>>;
	readonly networkMode?: string;
	readonly addresses?: Readonly<Record<string, string>>;
	/** IPv6 addresses, by network. */
	readonly addresses6?: Readonly<Record<string, string>>;
	readonly running?: boolean;
	readonly stopSignal?: string;
	/** What its HEALTHCHECK says; without, it has none. */
	readonly health?: string;
}

/** Docker's inspect answer for a container: the parts that the registrator reads, as engine 20.10 gives them. */
export function inspectAnswer(draft: ContainerDraft = {}): unknown {
	const published = Object.entries(draft.published ?? {}).map(([port, bindings]) => [
		port,
		bindings.map((binding) => {
			const colon = binding.lastIndexOf(":");
			return { HostIp: binding.slice(0, colon), HostPort: binding.slice(colon + 1) };
		}),
	]);
	const exposed = draft.exposed ?? Object.keys(draft.published ?? {});
	const networkMode = draft.networkMode ?? "default";
	return {
		Id: "0123456789abcdef".repeat(4),
		Name: `/${draft.name ?? "web"}`,
		State: {
			Running: draft.running ?? true,
			Restarting: false,
			StartedAt: "2026-11-21T14:00:00.123456789Z",
			...(draft.health === undefined
				? {}
				: { Health: { Status: draft.health, FailingStreak: 0, Log: [{ ExitCode: 0, Output: "probe\n" }] } }),
		},
		Config: {
			Hostname: "inner",
			Image: draft.image ?? "acme/foobar:1.2",
			Env: Object.entries(draft.environment ?? {}).map(([name, value]) => `${name}=${value}`),
			...(draft.stopSignal === undefined ? {} : { StopSignal: draft.stopSignal }),
			Labels: draft.labels ?? {},
			ExposedPorts: Object.fromEntries(exposed.map((port) => [port, {}])),
		},
		HostConfig: { NetworkMode: networkMode },
		NetworkSettings: {
			IPAddress: networkMode === "default" ? "172.17.0.2" : "",
			// Engines list ports only of containers with a network of their own.
			Ports: /^(host|none|container:.*)$/.test(networkMode)
				? {}
				: Object.fromEntries([...exposed.map((port) => [port, null]), ...published]),
			Networks: Object.fromEntries(
				Object.entries(draft.addresses ?? (networkMode === "default" ? { bridge: "172.17.0.2" } : {})).map(
					([network, address]) => [
						network,
						{ IPAddress: address, GlobalIPv6Address: draft.addresses6?.[network] ?? "" },
					],
				),
			),
		},
	};
}
