// Biome does the general lint and the format. ESLint carries only what Biome cannot see: the three typed rules that
// keep a daemon alive (a floating rejection ends it), and the rule that keeps the core deterministic.
import tseslint from "typescript-eslint";

/** Decision 9: clock, random, network and disk are arguments; these folders may not reach for the real ones. */
const deterministic = [
	"agent/{raft,gossip,state,fsm,acl,local}/**/*.ts",
	"agent/checks/schedule*.ts",
	"registrator/reconcile*.ts",
	"template/runner/**/*.ts",
];
const outsideWorld = [
	"Date",
	"setTimeout",
	"setInterval",
	"setImmediate",
	"queueMicrotask",
	"performance",
	"crypto",
	"fetch",
	"process",
];

export default tseslint.config(
	{
		ignores: [
			"dist/**",
			"coverage/**",
			"node_modules/**",
			"**/*.mjs",
			"**/*.cjs",
			"**/*.js",
			"agent/ui/**",
			"test/conformance/**",
		],
	},
	{
		files: ["**/*.ts"],
		languageOptions: {
			parser: tseslint.parser,
			parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
		},
		plugins: { "@typescript-eslint": tseslint.plugin },
		rules: {
			"@typescript-eslint/no-floating-promises": "error",
			"@typescript-eslint/no-misused-promises": "error",
			"@typescript-eslint/switch-exhaustiveness-check": "error",
		},
	},
	{
		files: deterministic,
		ignores: ["**/*.test.ts", "**/*.sim.ts", "**/*.bench.ts"],
		rules: {
			"no-restricted-globals": [
				"error",
				...outsideWorld.map((name) => ({
					name,
					message: "The core is deterministic: take it as an argument (lib/env).",
				})),
			],
			"no-restricted-properties": [
				"error",
				{ object: "Math", property: "random", message: "The core is deterministic: take Random from lib/env." },
			],
		},
	},
);
