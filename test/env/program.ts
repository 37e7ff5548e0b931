import { build } from "esbuild";

/** Makes `disco-env` in one file, from the sources. */
export async function bundleDiscoEnv(outfile: string): Promise<void> {
	await build({
		entryPoints: ["envconsul/main.ts"],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node20",
	});
}
