import { DiscoError } from "../../lib/errors.ts";
import type { HaproxyConfig } from "../config/index.ts";
import type { Dependency } from "../dependencies/index.ts";
import { type ConfigFiles, createConfigFiles } from "./config-file.ts";
import { createDriver, type DriverWorld } from "./driver.ts";
import type { HaproxyStatus } from "./status.ts";

/** All `haproxy` blocks of a configuration. */
export interface Haproxy {
	/** Takes over what HAProxy has and follows the catalog. */
	start(): void;
	/** The server lines of a backend, for its file. Error: `HAPROXY_BACKEND_UNKNOWN`. */
	dependency(backend: string): Dependency;
	/** Why the dependency of that id has no data yet; undefined when it has, and for those of others. */
	waitsFor(id: string): string | undefined;
	readonly files: ConfigFiles;
	/** The command that makes HAProxy read these files again has succeeded. */
	reloaded(destinations: readonly string[]): void;
	/** Resolves when everything known is in effect where HAProxy can be reached, or after `timeoutMs`. */
	settled(timeoutMs: number): Promise<void>;
	status(): readonly HaproxyStatus[];
	close(): Promise<void>;
}

export interface HaproxyWorld extends Omit<DriverWorld, "reload"> {
	/** Runs a block's `reload`. */
	readonly reload: (config: HaproxyConfig) => Promise<void>;
}

/** Under this name fixtures (`disco-template test`) give the server lines of a backend. */
export function serversId(backend: string): string {
	return `haproxy.servers(${backend})`;
}

/** Error: `DEPENDENCY_FORMAT` (a backend's `service`). */
export function createHaproxy(configs: readonly HaproxyConfig[], world: HaproxyWorld): Haproxy {
	const drivers = configs.map((config) =>
		createDriver(config, {
			...world,
			reload: config.reload === undefined || world.passive ? undefined : () => world.reload(config),
		}),
	);
	const dependencies = new Map<string, Dependency>();

	function dependency(backend: string): Dependency {
		const known = dependencies.get(backend);
		if (known !== undefined) return known;
		const driver = drivers.find(({ config }) => config.backends.some(({ name }) => name === backend));
		if (driver === undefined) {
			throw new DiscoError(
				"HAPROXY_BACKEND_UNKNOWN",
				`haproxyServers: no haproxy block has a backend "${backend}"; add backend "${backend}" { } to one`,
			);
		}
		if (driver.config.file === undefined) {
			throw new DiscoError(
				"HAPROXY_BACKEND_UNKNOWN",
				`haproxyServers: the haproxy block of backend "${backend}" has no config; set it to this template's destination`,
			);
		}
		const made: Dependency = {
			id: serversId(backend),
			// Every program has its own HAProxy.
			local: true,
			async fetch(_context, { index, waitMs, signal }) {
				// Before the first lines there is nothing to say; the first question must not block.
				const lines = await driver.lines(backend, index, index === 0 ? 0 : waitMs, signal);
				return { value: lines?.text, index: lines?.version ?? Math.max(1, index), lastContactMs: 0 };
			},
		};
		dependencies.set(backend, made);
		return made;
	}

	return {
		start() {
			for (const driver of drivers) driver.start();
		},
		dependency,
		waitsFor(id) {
			for (const driver of drivers) {
				const backend = driver.config.backends.find(({ name }) => serversId(name) === id);
				if (backend !== undefined) return driver.waitsFor(backend.name);
			}
			return undefined;
		},
		files: createConfigFiles(),
		reloaded(destinations) {
			for (const driver of drivers) {
				if (driver.config.file !== undefined && destinations.includes(driver.config.file)) driver.reloaded();
			}
		},
		async settled(timeoutMs) {
			await Promise.all(drivers.map((driver) => driver.settled(timeoutMs)));
		},
		status: () => drivers.map((driver) => driver.status()),
		async close() {
			await Promise.all(drivers.map((driver) => driver.close()));
		},
	};
}
