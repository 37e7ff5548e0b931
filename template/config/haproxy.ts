import { DiscoError } from "../../lib/errors.ts";
import { type Field, field } from "../../lib/hcl/index.ts";
import type { HaproxyBackendLayer, HaproxyLayer } from "./layer.ts";
import { fieldsOf, layerOf, type Rows, to } from "./rows.ts";
import type { Command, HaproxyBackendConfig, HaproxyConfig, SocketAddress, TemplateConfig } from "./types.ts";

const { durationMs, int, text, texts } = field;

/** How many names a backend has where servers cannot be added while HAProxy runs. */
const slotsDefault = 20;
const slotsMax = 10_000;

const backend: Rows<HaproxyBackendLayer> = {
	service: to("service", text),
	mode: to("mode", text),
	slots: to("slots", int),
	server_line: to("serverLine", text),
	slow_start: to("slowStartMs", durationMs),
	empty_hold: to("emptyHoldMs", durationMs),
};

const backends: Field<readonly HaproxyBackendLayer[]> = {
	decode: (entries, path) =>
		field
			.labelled(fieldsOf(backend))
			.decode(entries, path)
			.map(({ label, content }) => ({ ...layerOf(backend, content), name: label })),
};

/** `haproxy { }`, any number of them. */
export function haproxyBlocks(command: Field<Command>): Field<readonly HaproxyLayer[]> {
	const block: Rows<HaproxyLayer> = {
		socket: to("sockets", texts),
		config: to("file", text),
		reload: to("reload", command),
		reload_timeout: to("reloadTimeoutMs", durationMs),
		backend: to("backends", backends),
		poll: to("pollMs", durationMs),
		timeout: to("timeoutMs", durationMs),
	};
	return {
		decode: (entries, path) =>
			field
				.blocks(fieldsOf(block))
				.decode(entries, path)
				.map((each) => layerOf(block, each)),
	};
}

/** Every block with its defaults. Error: `CONFIG_VALUE_INVALID`. */
export function haproxyConfigs(layers: readonly HaproxyLayer[]): readonly HaproxyConfig[] {
	const configs = layers.map(haproxyConfig);
	const names = configs.flatMap((config) => config.backends.map(({ name }) => name));
	const twice = names.find((name, position) => names.indexOf(name) < position);
	if (twice !== undefined) {
		throw invalid(
			`haproxy.backend "${twice}": is there twice; several HAProxies with the same backends go into one block, as socket = ["...", "..."]`,
		);
	}
	return configs;
}

function haproxyConfig(layer: HaproxyLayer): HaproxyConfig {
	const sockets = (layer.sockets ?? []).map(parseSocket);
	if (sockets.length === 0) {
		throw invalid('haproxy.socket: is missing; give the path of "stats socket" in HAProxy\'s file, or HOST:PORT');
	}
	const backends = (layer.backends ?? []).map(backendConfig);
	if (backends.length === 0) {
		throw invalid('haproxy: has no backend; add one, as in backend "api" { service = "api" }');
	}
	if (layer.reload !== undefined && layer.file === undefined) {
		throw invalid("haproxy.reload: goes with config, the destination of the template that writes HAProxy's file");
	}
	return {
		sockets,
		...(layer.file === undefined ? {} : { file: layer.file }),
		...(layer.reload === undefined ? {} : { reload: layer.reload }),
		reloadTimeoutMs: layer.reloadTimeoutMs ?? 30_000,
		backends,
		pollMs: atLeast(layer.pollMs ?? 1_000, 50, "haproxy.poll"),
		timeoutMs: atLeast(layer.timeoutMs ?? 2_000, 10, "haproxy.timeout"),
	};
}

/** `reload` is the command of the template that writes the block's file. Error: `CONFIG_VALUE_INVALID`. */
export function withReloads(
	templates: readonly TemplateConfig[],
	configs: readonly HaproxyConfig[],
): readonly TemplateConfig[] {
	return configs.reduce((given, { file, reload, reloadTimeoutMs }) => {
		if (file === undefined || reload === undefined) return given;
		const own = given.find(({ destination }) => destination === file);
		if (own === undefined) throw invalid(`haproxy.config: no template of its own has the destination "${file}"`);
		if (own.command !== undefined) {
			throw invalid(`haproxy.reload: the template of "${file}" has a command already; leave one of the two away`);
		}
		const reloading = { ...own, command: reload, commandTimeoutMs: reloadTimeoutMs };
		return given.map((one) => (one === own ? reloading : one));
	}, templates);
}

function parseSocket(socket: string): SocketAddress {
	if (socket.startsWith("/")) return { path: socket };
	const match = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:/]+)):(?<port>\d{1,5})$/.exec(socket);
	const port = Number(match?.groups?.["port"] ?? 0);
	const host = match?.groups?.["v6"] ?? match?.groups?.["host"];
	if (host === undefined || port < 1 || port > 65_535) {
		throw invalid(`haproxy.socket: "${socket}" is neither a path such as /run/haproxy.sock nor HOST:PORT`);
	}
	return { host, port };
}

function backendConfig(layer: HaproxyBackendLayer): HaproxyBackendConfig {
	const name = layer.name ?? "";
	const path = `haproxy.backend "${name}"`;
	if (!/^[A-Za-z0-9_.:-]+$/.test(name)) {
		throw invalid(`${path}: a name of a backend has letters, digits, "-", "_", "." and ":" only`);
	}
	const mode = layer.mode ?? "auto";
	if (mode !== "auto" && mode !== "dynamic" && mode !== "slots") {
		throw invalid(`${path}.mode: "${mode}" is not known; use "auto", "dynamic" or "slots"`);
	}
	const slots = layer.slots ?? slotsDefault;
	if (slots < 1 || slots > slotsMax) throw invalid(`${path}.slots: ${slots} is not a number from 1 to ${slotsMax}`);
	const line = (layer.serverLine ?? "").trim();
	const wrong = /[;#\n\r]/.exec(line)?.[0];
	if (wrong !== undefined) {
		throw invalid(
			`${path}.server_line: ${JSON.stringify(wrong)} cannot stand in it; write words as on a server's line`,
		);
	}
	const word = /(?:^|\s)(weight|disabled|enabled)(?=\s|$)/.exec(line)?.[1];
	if (word !== undefined) {
		throw invalid(`${path}.server_line: "${word}" comes from the catalog; leave it away`);
	}
	const slowStart =
		layer.slowStartMs === undefined || layer.slowStartMs === 0 ? "" : `slowstart ${layer.slowStartMs}ms`;
	return {
		name,
		service: layer.service ?? name,
		mode,
		slots,
		serverLine: [line, slowStart].filter((part) => part !== "").join(" "),
		emptyHoldMs: layer.emptyHoldMs ?? 60_000,
	};
}

function atLeast(value: number, least: number, path: string): number {
	if (value < least) throw invalid(`${path}: ${value}ms is too short; give at least ${least}ms`);
	return value;
}

function invalid(message: string): DiscoError {
	return new DiscoError("CONFIG_VALUE_INVALID", message);
}
