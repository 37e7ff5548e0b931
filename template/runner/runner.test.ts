import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../lib/env/fake.ts";
import { DiscoError } from "../../lib/errors.ts";
import type { Dependency } from "../dependencies/index.ts";
import { createRunner } from "./runner.ts";
import type { Lookup } from "./template.ts";
import type { RunnerEnd, RunnerSettings, RunnerTemplate } from "./types.ts";

function dependency(id: string): Dependency {
	return { id, fetch: () => Promise.reject(new Error("the tests bring the data")) };
}

/** A world of keys: templates are functions of them, data arrive when a test says so. */
function world(options: Partial<RunnerSettings> = {}) {
	const clock = new FakeClock();
	const watched = new Set<string>();
	const log: string[] = [];
	const files = new Map<string, string>();
	const template = (
		name: string,
		read: (key: (id: string) => string) => string,
		more: Partial<RunnerTemplate> = {},
	) => {
		const spec: RunnerTemplate = {
			errorFatal: false,
			template: {
				name,
				text: "",
				execute: (lookup: Lookup) => {
					const used: Dependency[] = [];
					const missing: Dependency[] = [];
					const key = (id: string) => {
						const asked = dependency(id);
						used.push(asked);
						const found = lookup(asked);
						if (found === undefined) missing.push(asked);
						return String(found?.value ?? "");
					};
					try {
						return { result: { text: read(key) }, used, missing };
					} catch (error) {
						return { result: { failed: error as Error }, used, missing };
					}
				},
			},
			write: async (text) => {
				const changed = files.get(name) !== text;
				files.set(name, text);
				if (changed) log.push(`write ${name}`);
				return { changed };
			},
			runCommand: async () => {
				log.push(`run ${name}`);
			},
			...more,
		};
		return spec;
	};
	const start = (templates: readonly RunnerTemplate[]) => {
		const runner = createRunner({
			clock,
			templates,
			watches: {
				ensure: ({ id }) => void watched.add(id),
				release(used) {
					const dropped = [...watched].filter((id) => !used.has(id));
					for (const id of dropped) watched.delete(id);
					return dropped;
				},
				size: () => watched.size,
				has: (id) => watched.has(id),
				close: async () => {},
			},
			once: false,
			parseOnly: false,
			commandFatal: false,
			compat: false,
			onError: (error) => log.push(`error ${error.message}`),
			onRendered: async (changed) => void log.push(changed ? "rendered" : "unchanged"),
			onWaiting: ({ name }, missing) =>
				log.push(`${name} waits for ${missing.map(({ dependency: { id } }) => id).join(" ")}`),
			onStale: ({ name }, stale) => log.push(`${name} is ${stale ? "stale" : "fresh"}`),
			onDebug: () => {},
			reloads: false,
			...options,
		});
		let end: RunnerEnd | undefined;
		void runner.run().then((how) => {
			end = how;
		});
		const give = async (...data: readonly (readonly [string, unknown])[]) => {
			for (const [id, value] of data) runner.received(id, value);
			await clock.advanceAsync(1);
			await settle();
		};
		return { runner, give, end: () => end };
	};
	return { clock, watched, log, files, template, start };
}

describe("passes", () => {
	it("writes nothing while data are missing, and watches what was asked for", async () => {
		const { template, start, watched, log, files } = world();
		const { give } = start([template("t", (key) => key("a") + key("b"))]);
		await settle();
		expect([...watched]).toEqual(["a", "b"]);
		await give(["a", "1"]);
		expect(log).toEqual([]);
		await give(["b", "2"]);
		expect(files.get("t")).toBe("12");
		expect(log).toEqual(["write t", "rendered"]);
	});

	it("does not execute a template again for the same data, unlike the reference", async () => {
		for (const compat of [false, true]) {
			let executions = 0;
			const { template, start } = world({ compat });
			const { give } = start([
				template("t", (key) => {
					executions++;
					return key("a");
				}),
			]);
			await give(["a", "1"]);
			const before = executions;
			await give(["a", "1"]);
			expect(executions - before).toBe(compat ? 1 : 0);
			await give(["a", "2"]);
			expect(executions - before).toBe(compat ? 2 : 1);
		}
	});

	it("keeps what a watch brings while the moment is read: the reading is older then", async () => {
		const readings: ((moment: ReadonlyMap<string, unknown>) => void)[] = [];
		const { template, start, files } = world();
		const { give } = start([
			template("t", (key) => key("a") + key("b"), {
				snapshot: () => new Promise((resolve) => readings.push(resolve)),
			}),
		]);
		const read = async (a: string, b: string) => {
			readings.shift()?.(
				new Map([
					["a", a],
					["b", b],
				]),
			);
			await settle();
		};
		await give(["a", "1"], ["b", "1"]);
		await give(["a", "2"], ["b", "2"]);
		await read("1", "1");
		await read("2", "2");
		expect(files.get("t")).toBe("22");
	});

	it("takes several passes for nested dependencies and drops those no longer used", async () => {
		const { template, start, watched, files } = world();
		const { give } = start([template("t", (key) => key(`value/${key("name")}`))]);
		await give(["name", "x"]);
		expect([...watched].sort()).toEqual(["name", "value/x"]);
		await give(["value/x", "X"]);
		expect(files.get("t")).toBe("X");
		await give(["name", "y"]);
		await give(["value/y", "Y"]);
		expect(files.get("t")).toBe("Y");
		expect([...watched].sort()).toEqual(["name", "value/y"]);
	});

	it("follows each dependency once, however many templates share it", async () => {
		const { template, start, watched, files } = world();
		const many = Array.from({ length: 100 }, (_, each) =>
			template(`t${each}`, (key) => key("shared") + key("other") + each),
		);
		const { give } = start(many);
		await settle();
		expect([...watched]).toEqual(["shared", "other"]);
		await give(["shared", "s"], ["other", "o"]);
		expect(files.size).toBe(100);
		expect(files.get("t99")).toBe("so99");
	});

	it("lets a template see the data of one moment, although it is executed in slices", async () => {
		const { template, start, files } = world();
		let goOn: (() => void) | undefined;
		const slow = template("t", () => "");
		const execute = async (lookup: Lookup) => {
			const used = [dependency("a"), dependency("b")];
			const missing = used.filter((one) => lookup(one) === undefined);
			const first = lookup(dependency("a"))?.value;
			if (missing.length === 0) {
				await new Promise<void>((resolve) => {
					goOn = resolve;
				});
			}
			return { used, missing, result: { text: `${String(first)}${String(lookup(dependency("b"))?.value)}` } };
		};
		const { give } = start([{ ...slow, template: { ...slow.template, execute } }]);
		await give(["a", "1"], ["b", "1"]);
		await give(["a", "2"], ["b", "2"]);
		goOn?.();
		await give();
		expect(files.get("t")).toBe("11");
		goOn?.();
		await give();
		expect(files.get("t")).toBe("22");
	});

	it("never writes a mixed pair: what changes during a sliced execution waits for the next pass", async () => {
		// One transaction changed both; `a` has arrived and `b` arrives while the member is executed with the old `b`.
		const now = new Map<string, unknown>();
		const writes: string[] = [];
		let goOn: (() => void) | undefined;
		const { template, start } = world();
		const pair = template("t", () => "", {
			snapshot: async () => new Map(now),
			write: async (text) => ({ changed: writes.push(text) > 0 }),
		});
		const execute = async (lookup: Lookup) => {
			const used = [dependency("a"), dependency("b")];
			const missing = used.filter((one) => lookup(one) === undefined);
			const text = used.map((one) => String(lookup(one)?.value)).join("");
			if (missing.length === 0) {
				await new Promise<void>((resolve) => {
					goOn = resolve;
				});
			}
			return { used, missing, result: { text } };
		};
		const { give } = start([{ ...pair, template: { ...pair.template, execute } }]);
		const change = (value: string) => now.set("a", value).set("b", value);
		change("1");
		await give(["a", "1"], ["b", "1"]);
		goOn?.();
		await settle();
		change("2");
		await give(["a", "2"]);
		await give(["b", "2"]);
		goOn?.();
		await give();
		goOn?.();
		await settle();
		expect(writes).toEqual(["11", "22"]);
	});

	it("executes only templates whose data changed", async () => {
		const { template, start } = world();
		const executed: string[] = [];
		const noted = (name: string, id: string) =>
			template(name, (key) => {
				executed.push(name);
				return key(id);
			});
		const { give } = start([noted("s", "a"), noted("t", "b")]);
		await give(["a", "1"], ["b", "1"]);
		executed.length = 0;
		await give(["b", "2"]);
		expect(executed).toEqual(["t"]);
	});

	it("says after five seconds what is waited for", async () => {
		const { template, start, clock, log } = world();
		start([template("t", (key) => key("a"))]);
		await settle();
		await clock.advanceAsync(5_000);
		expect(log).toEqual(["t waits for a"]);
	});
});

describe("commands", () => {
	it("run after all templates of the pass, equal ones once", async () => {
		const { template, start, log } = world();
		start([
			template("s", () => "1", { commandKey: "reload" }),
			template("t", () => "2", { commandKey: "reload" }),
			template("u", () => "3", { commandKey: "other" }),
		]);
		await settle();
		expect(log).toEqual(["write s", "write t", "write u", "run s", "run u", "rendered"]);
	});

	it("do not run when the file stays the same", async () => {
		const { template, start, log, files } = world();
		files.set("t", "same");
		start([template("t", () => "same", { commandKey: "x" })]);
		await settle();
		expect(log).toEqual(["unchanged"]);
	});

	it("that fail are reported and do not stop the others, unless they are fatal", async () => {
		const failing = async () => {
			throw new DiscoError("COMMAND_FAILED", "boom");
		};
		for (const commandFatal of [false, true]) {
			const { template, start, log } = world({ commandFatal });
			const { end } = start([
				template("s", () => "1", { commandKey: "a", runCommand: failing }),
				template("t", () => "2", { commandKey: "b" }),
			]);
			await settle();
			expect(log).toContain("run t");
			expect(end()?.kind).toBe(commandFatal ? "failed" : undefined);
		}
	});
});

describe("failures", () => {
	it("of one template leave the others alone and heal with new data", async () => {
		const { template, start, log, files } = world();
		const { give, end } = start([
			template("bad", (key) => {
				if (key("a") !== "good") throw new Error("bad data");
				return "fine";
			}),
			template("t", () => "2"),
		]);
		await give(["a", "wrong"]);
		expect(files.get("t")).toBe("2");
		expect(log).toContain("error bad data");
		await give(["a", "good"]);
		expect(files.get("bad")).toBe("fine");
		expect(end()).toBeUndefined();
	});

	it("while data are missing are awaited to heal, except in compat", async () => {
		for (const compat of [false, true]) {
			const { template, start, files } = world({ compat });
			const { give, end } = start([
				template(
					"t",
					(key) => {
						if (key("a") === "") throw new Error("index out of range");
						return "ok";
					},
					{ errorFatal: compat },
				),
			]);
			await settle();
			expect(end()?.kind).toBe(compat ? "failed" : undefined);
			if (compat) continue;
			await give(["a", "1"]);
			expect(files.get("t")).toBe("ok");
		}
	});

	it("of every template end the runner, since nothing can heal it", async () => {
		const { template, start } = world();
		const fail = () => {
			throw new Error("broken");
		};
		const { end } = start([template("s", fail), template("t", fail)]);
		await settle();
		expect(end()).toMatchObject({ kind: "failed", reported: true, error: { message: "broken" } });
	});
});

describe("-once", () => {
	it("ends when all are rendered, each written once", async () => {
		const { template, start, log } = world({ once: true });
		const { give, end } = start([template("s", () => "1"), template("t", (key) => key("a"))]);
		await settle();
		expect(end()).toBeUndefined();
		await give(["a", "1"]);
		expect(end()).toEqual({ kind: "done" });
		expect(log).toEqual(["write s", "write t", "rendered"]);
	});

	it("renders what can be rendered and then fails", async () => {
		const { template, start, files } = world({ once: true });
		const { end } = start([
			template("bad", () => {
				throw new Error("broken");
			}),
			template("t", () => "2"),
		]);
		await settle();
		expect(files.get("t")).toBe("2");
		expect(end()).toMatchObject({ kind: "failed" });
	});
});

describe("data that are too old", () => {
	const aging = (onStale: "keep" | "empty" | "fail") => ({ aging: { maxAgeMs: 1_000, onStale } });

	it("are told after max_age, and when they are confirmed again; nobody else's data count", async () => {
		const { template, start, clock, log, files } = world();
		const { give, runner } = start([template("t", (key) => key("a"), aging("keep")), template("u", (key) => key("b"))]);
		await give(["a", "1"], ["b", "1"]);
		log.length = 0;
		runner.confirmed("b", false);
		await clock.advanceAsync(5_000);
		runner.confirmed("a", false);
		await clock.advanceAsync(900);
		runner.confirmed("a", false);
		expect(log).toEqual([]);
		await clock.advanceAsync(200);
		expect(log).toEqual(["t is stale"]);
		expect(runner.report().map(({ state }) => state)).toEqual(["stale", "rendered"]);
		expect(files.get("t")).toBe("1");
		runner.confirmed("a", true);
		expect(log).toEqual(["t is stale", "t is fresh"]);
		expect(runner.report()[0]?.state).toBe("rendered");
	});

	it("that come back in time are not too old", async () => {
		const { template, start, clock, log } = world();
		const { give, runner, end } = start([template("t", (key) => key("a"), aging("fail"))]);
		await give(["a", "1"]);
		runner.confirmed("a", false);
		await clock.advanceAsync(900);
		runner.confirmed("a", true);
		runner.confirmed("a", false);
		await clock.advanceAsync(900);
		expect(log).not.toContain("t is stale");
		await clock.advanceAsync(200);
		await settle();
		expect(end()).toMatchObject({ kind: "failed", error: { code: "TEMPLATE_STALE" } });
	});

	it("leave an empty file with on_stale = empty, until they are confirmed", async () => {
		const { template, start, clock, files, log } = world();
		const { give, runner } = start([template("t", (key) => key("a"), { ...aging("empty"), commandKey: "c" })]);
		await give(["a", "1"]);
		runner.confirmed("a", false);
		await clock.advanceAsync(1_001);
		await settle();
		expect(files.get("t")).toBe("");
		runner.confirmed("a", true);
		await clock.advanceAsync(1);
		await settle();
		expect(files.get("t")).toBe("1");
		expect(log.filter((line) => line === "run t")).toHaveLength(3);
	});

	it("are waited for when there never were any", async () => {
		const { template, start, clock, log } = world();
		const { runner, end } = start([template("t", (key) => key("a"), aging("fail"))]);
		await settle();
		runner.confirmed("a", false);
		await clock.advanceAsync(2_000);
		expect([end(), log]).toEqual([undefined, []]);
	});
});

describe("quiescence", () => {
	it("renders at once the first time and gathers later changes", async () => {
		const { template, start, clock, files } = world();
		const { give } = start([template("t", (key) => key("a"), { wait: { minMs: 1_000, maxMs: 4_000 } })]);
		await give(["a", "1"]);
		expect(files.get("t")).toBe("1");
		await give(["a", "2"]);
		await clock.advanceAsync(500);
		await give(["a", "3"]);
		await clock.advanceAsync(900);
		expect(files.get("t")).toBe("1");
		await clock.advanceAsync(200);
		expect(files.get("t")).toBe("3");
	});
});
