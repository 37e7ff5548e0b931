import type { Propagation } from "./propagation.ts";

/** What is told about one `haproxy` block. Times are RFC 3339. */
export interface HaproxyStatus {
	readonly File: string | null;
	readonly Reloads: number;
	readonly Sockets: readonly SocketStatus[];
	readonly Backends: readonly BackendStatus[];
}

export interface SocketStatus {
	readonly Socket: string;
	readonly Version: string | null;
	readonly Pid: number | null;
	readonly UptimeSeconds: number | null;
	/** How often another process was found there and brought to the wanted state. */
	readonly Restored: number;
	readonly Commands: number;
	/** What only a reload brings. */
	readonly Lacking: readonly string[];
	readonly Error: string | null;
}

export interface BackendStatus {
	readonly Name: string;
	readonly Service: string;
	readonly Mode: "dynamic" | "slots";
	/** Why there are slots. */
	readonly Reason: string | null;
	/** 0 without. */
	readonly Slots: number;
	readonly Ready: number;
	readonly Draining: number;
	/** Instances without a place. */
	readonly Homeless: number;
	readonly LeftOut: readonly string[];
	/** All sockets have the newest state. */
	readonly Applied: boolean;
	/** `catalog`, or the sockets that have it not. */
	readonly WaitsFor: readonly string[];
	readonly ChangedAt: string | null;
	readonly Error: string | null;
	readonly Propagation: Propagation;
}

/** Whether every backend is as the catalog wants it, in every HAProxy. */
export function isApplied(blocks: readonly HaproxyStatus[]): boolean {
	return blocks.every(
		({ Backends, Sockets }) =>
			Backends.every(({ Applied }) => Applied) &&
			Sockets.every((socket) => socket.Error === null && socket.Lacking.length === 0),
	);
}

/** For a terminal. */
export function haproxyText(blocks: readonly HaproxyStatus[]): readonly string[] {
	return blocks.flatMap(({ Sockets, Backends, Reloads }) => [
		...Sockets.map((socket) => {
			const { Socket, Version, Pid, Restored, Lacking } = socket;
			const process = Pid === null ? "" : ` ${Version}, pid ${Pid}, restored ${Restored} times, ${Reloads} reloads`;
			const lacking = Lacking.length === 0 ? "" : `; lacks ${Lacking.join(", ")} until a reload`;
			return `haproxy   ${Socket}${process}${lacking}${socket.Error === null ? "" : `: ${socket.Error}`}`;
		}),
		...Backends.map((backend) => {
			const {
				Name,
				Service,
				Mode,
				Ready,
				Draining,
				Slots,
				Applied,
				WaitsFor,
				Propagation: { LastSeconds },
			} = backend;
			const last = LastSeconds === null ? "" : `, last change in ${(LastSeconds * 1000).toFixed(1)} ms`;
			const waits = Applied ? "" : `; waits for ${WaitsFor.join(", ")}`;
			const slots = Slots > 0 ? ` of ${Slots} slots` : "";
			const error = backend.Error === null ? "" : `: ${backend.Error}`;
			return `backend   ${Name} <- ${Service} (${Mode}, ${Ready} ready, ${Draining} draining${slots}${last})${waits}${error}`;
		}),
	]);
}

/** In Prometheus' text format; `head` writes a metric's HELP and TYPE lines and gives its whole name. */
export function haproxyMetrics(blocks: readonly HaproxyStatus[]): readonly string[] {
	if (blocks.length === 0) return [];
	const lines: string[] = [];
	const head = (name: string, type: string, help: string) =>
		lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
	const backends = blocks.flatMap(({ Backends }) => Backends);
	const sockets = blocks.flatMap(({ Sockets }) => Sockets);
	const histogram = "disco_propagation_seconds";
	head(histogram, "histogram", "From the agent's answer to the last HAProxy that has the change.");
	for (const { Name, Propagation } of backends) {
		const label = `backend="${Name}"`;
		for (const { LimitSeconds, Count } of Propagation.Buckets) {
			lines.push(`${histogram}_bucket{${label},le="${LimitSeconds}"} ${Count}`);
		}
		lines.push(
			`${histogram}_bucket{${label},le="+Inf"} ${Propagation.Count}`,
			`${histogram}_sum{${label}} ${Propagation.SumSeconds}`,
			`${histogram}_count{${label}} ${Propagation.Count}`,
		);
	}
	head("disco_haproxy_servers", "gauge", "Servers of a backend by state.");
	for (const { Name, Ready, Draining } of backends) {
		lines.push(`disco_haproxy_servers{backend="${Name}",state="ready"} ${Ready}`);
		lines.push(`disco_haproxy_servers{backend="${Name}",state="drain"} ${Draining}`);
	}
	head("disco_haproxy_applied", "gauge", "1 when every HAProxy has the newest state of the backend.");
	for (const { Name, Applied } of backends) lines.push(`disco_haproxy_applied{backend="${Name}"} ${Applied ? 1 : 0}`);
	head("disco_haproxy_up", "gauge", "1 when HAProxy answers and is as it should be.");
	for (const one of sockets) {
		lines.push(`disco_haproxy_up{socket="${one.Socket}"} ${one.Error === null ? 1 : 0}`);
	}
	head("disco_haproxy_restored_total", "counter", "Processes that were found anew and brought to the wanted state.");
	for (const { Socket, Restored } of sockets)
		lines.push(`disco_haproxy_restored_total{socket="${Socket}"} ${Restored}`);
	head("disco_haproxy_commands_total", "counter", "Changing commands sent.");
	for (const { Socket, Commands } of sockets)
		lines.push(`disco_haproxy_commands_total{socket="${Socket}"} ${Commands}`);
	head("disco_haproxy_reloads_total", "counter", "Times HAProxy was told to read its file again.");
	for (const { File, Reloads } of blocks) lines.push(`disco_haproxy_reloads_total{file="${File ?? ""}"} ${Reloads}`);
	return lines;
}
