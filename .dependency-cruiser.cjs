// Which folder may import which (ARCHITECTURE.md, "Arrows"). Run by scripts/lint.sh.

/** Which folder may import which. What is absent is forbidden. */
const arrows = {
	lib: [],
	client: ["lib"],
	registrator: ["client", "lib", "template/gotmpl"],
	template: ["client", "lib"],
	"template/gotmpl": ["lib"],
	envconsul: ["client", "lib", "template/gotmpl"],
	"agent/state": ["lib"],
	"agent/raft": ["lib"],
	"agent/gossip": ["lib"],
	"agent/acl": ["lib"],
	"agent/config": ["lib"],
	"agent/checks": ["lib"],
	"agent/fsm": ["agent/state", "lib"],
	"agent/rpc": ["agent/raft", "agent/fsm", "agent/state", "agent/acl", "lib"],
	"agent/local": ["agent/rpc", "lib"],
	"agent/http": ["agent/local", "agent/rpc", "agent/acl", "lib"],
	"agent/dns": ["agent/local", "agent/rpc", "agent/acl", "lib"],
	"agent/runtime": ["agent/(?!commands|sim)[^/]+", "lib"],
	"agent/watch": ["client", "lib"],
	"agent/commands": ["agent/runtime", "agent/watch", "agent/config", "client", "lib"],
};

const test = "\\.(test|sim|bench)\\.ts$|/testing\\.ts$|^agent/sim/";

module.exports = {
	forbidden: [
		{ name: "no-file-cycles", severity: "error", from: {}, to: { circular: true } },
		{ name: "no-folder-cycles", severity: "error", scope: "folder", from: {}, to: { circular: true } },
		{
			name: "through-the-front-door",
			comment: "another folder is entered by its index.ts",
			severity: "error",
			from: { path: "^(agent/[^/]+|client|registrator|template|envconsul)/", pathNot: test },
			to: { path: "^(agent/[^/]+|client)/", pathNot: ["^$1/", "/index\\.ts$"] },
		},
		{
			name: "gotmpl-front-door",
			comment: "the template language is entered by its index.ts",
			severity: "error",
			from: { pathNot: [test, "^template/gotmpl/"] },
			to: { path: "^template/gotmpl/", pathNot: "/index\\.ts$" },
		},
		{
			name: "pure-core",
			comment: "the core meets the world only through lib/env",
			severity: "error",
			from: { path: "^agent/(raft|state|fsm|acl|gossip)/", pathNot: test },
			to: { dependencyTypes: ["core", "npm"], pathNot: "node_modules/sorted-btree/" },
		},
		{
			name: "pure-core-no-lib-node",
			severity: "error",
			from: { path: "^agent/(raft|state|fsm|acl|gossip)/", pathNot: test },
			to: { path: "^lib/node/" },
		},
		{ name: "tests-are-leaves", severity: "error", from: { pathNot: test }, to: { path: test } },
		...Object.entries(arrows).map(([folder, allowed]) => ({
			name: `arrows ${folder}`,
			severity: "error",
			from: { path: `^${folder}/`, pathNot: test },
			to: {
				path: "^(agent|client|lib|registrator|template|envconsul)/",
				pathNot: [folder, ...allowed].map((f) => `^${f}/`),
			},
		})),
	],
	options: {
		doNotFollow: { path: "node_modules" },
		exclude: { path: "^(dist|coverage)/" },
		tsConfig: { fileName: "tsconfig.json" },
		tsPreCompilationDeps: true,
	},
};
