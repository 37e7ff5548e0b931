import { defineConfig } from "vitest/config";

/** Folders with unit tests; `test/` holds what crosses folders and starts real programs (its own lanes, see scripts/test.sh). */
const sources = "{agent,client,lib,registrator,template,envconsul,examples,bench,scripts}";

/** Same random cases in every run. */
const propertySeed = "test/support/property-seed.ts";

export default defineConfig({
	test: {
		maxWorkers: 2,
		coverage: {
			provider: "v8",
			include: ["{agent,client,lib,registrator,template,envconsul}/**/*.ts"],
			exclude: ["**/*.{test,sim,bench}.ts"],
		},
		projects: [
			{
				extends: true,
				test: {
					name: "unit",
					pool: "threads",
					include: [`${sources}/**/*.test.ts`],
					// Against hanging, not for speed: the lanes share two cores.
					testTimeout: 60_000,
					// Real sockets, files and processes: as for e2e, what needed a second attempt is printed. Nothing random may need it.
					retry: process.env["CI"] ? 1 : 0,
					setupFiles: [propertySeed],
				},
			},
			{
				extends: true,
				test: {
					name: "sim",
					pool: "threads",
					include: [`${sources}/**/*.sim.ts`],
					testTimeout: 120_000,
					setupFiles: [propertySeed],
				},
			},
			{
				extends: true,
				test: {
					name: "e2e",
					pool: "forks",
					include: ["test/**/*.test.ts"],
					exclude: ["test/docker/**", "test/conformance/**", "node_modules/**"],
					// Many real programs share two cores here; what needed the second attempt is printed by scripts/test.mjs.
					retry: 1,
					testTimeout: 120_000,
					hookTimeout: 120_000,
				},
			},
			{
				extends: true,
				test: {
					name: "docker",
					pool: "forks",
					maxWorkers: 1,
					include: ["test/docker/**/*.test.ts"],
					retry: 1,
					testTimeout: 300_000,
					hookTimeout: 300_000,
				},
			},
		],
	},
});
