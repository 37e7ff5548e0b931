// Builds dist/: one bundled file per program (esbuild) and the typed client with its declarations (tsc). Decision 5.
// disco, disco-registrator and disco-template are divided: dist/disco.js holds what every command needs, dist/disco.*.js what is imported when it is
// first used, so that `disco kv get` need not read the agent (three megabytes, 80 ms) and the registrator holds 45 MB and not 57.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const programs = {
	disco: "agent/main.ts",
	"disco-registrator": "registrator/main.ts",
	"disco-template": "template/main.ts",
	"disco-env": "envconsul/main.ts",
	"gotext-engine": "template/gotmpl/engine-main.ts",
};
/** Bundled packages that were written for CommonJS ask for these three. */
const banner = [
	"#!/usr/bin/env node",
	'import { createRequire as __createRequire } from "node:module";',
	'import { fileURLToPath as __fileURLToPath } from "node:url";',
	'import { dirname as __pathDirname } from "node:path";',
	"const require = __createRequire(import.meta.url);",
	"const __filename = __fileURLToPath(import.meta.url);",
	"const __dirname = __pathDirname(__filename);",
].join("\n");

const divided = new Set(["disco", "disco-registrator", "disco-template"]);
/** What runs before other programs, or for a moment (`-once`): a shorter file is parsed sooner. */
const shortened = new Set(["disco-env", "disco-template"]);
/** Parts of an earlier build stay so long: a program that runs may still import one. */
const partsKeptMs = 3_600_000;

/** What dockerode brings along for building images and for SSH: 26 MB of memory for calls that none of ours makes. */
const dockerodeExtras = {
	name: "dockerode-extras",
	setup(bundle) {
		const extras = /^(ssh2|@grpc\/grpc-js|@grpc\/proto-loader|protobufjs|tar-fs|@balena\/dockerignore)$/;
		bundle.onResolve({ filter: extras }, ({ importer, path }) =>
			/node_modules\/(dockerode|docker-modem)\//.test(importer) ? { path, namespace: "left-out" } : undefined,
		);
		bundle.onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "module.exports = {};" }));
	},
};

const only = process.argv.slice(2);
mkdirSync("dist", { recursive: true });
const started = Date.now();
await Promise.all(
	Object.entries(programs)
		.filter(([name, entry]) => existsSync(entry) && (only.length === 0 || only.includes(name)))
		.map(async ([name, entry]) => {
			const { metafile, outputFiles } = await build({
				entryPoints: { [name]: entry },
				outdir: "dist",
				splitting: divided.has(name),
				chunkNames: `${name}.[name]-[hash]`,
				metafile: true,
				write: false,
				bundle: true,
				platform: "node",
				format: "esm",
				target: "node20",
				external: ["*.node"],
				plugins: [dockerodeExtras],
				banner: { js: banner },
				loader: { ".html": "text", ".css": "text", ".svg": "text" },
				logLevel: "warning",
				sourcemap: false,
				// Names stay for stack traces.
				minifyWhitespace: shortened.has(name),
				minifySyntax: shortened.has(name),
			});
			// Whoever starts the program meanwhile gets the old file or the new one, not half of it.
			for (const { path, contents } of outputFiles) {
				writeFileSync(`${path}.new`, contents, { mode: path.endsWith(`/${name}.js`) ? 0o755 : 0o644 });
				renameSync(`${path}.new`, path);
			}
			if (divided.has(name)) removeOldParts(name, new Set(Object.keys(metafile.outputs)));
		}),
);
if (only.length === 0 && existsSync("client/index.ts")) {
	rmSync("dist/client", { recursive: true, force: true });
	execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
		stdio: "inherit",
	});
}
if (process.stderr.isTTY) console.error(`built dist/ in ${Date.now() - started} ms`);

function removeOldParts(name, written) {
	for (const file of readdirSync("dist").filter((each) => each.startsWith(`${name}.`) && each !== `${name}.js`)) {
		const path = `dist/${file}`;
		if (!written.has(path) && Date.now() - statSync(path).mtimeMs > partsKeptMs) rmSync(path, { force: true });
	}
}
