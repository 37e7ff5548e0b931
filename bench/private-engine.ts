import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether this process runs inside a private engine's network namespace already. */
export function isInsideEngine(): boolean {
	return process.env["DISCO_ENGINE"] !== undefined;
}

/** Starts a private engine, runs `images` with it, and then `words` with this Node inside its network namespace. */
export function insidePrivateEngine(index: number, images: readonly string[], words: readonly string[]): void {
	const folder = join(mkdtempSync(join(tmpdir(), "bench-engine-")), "engine");
	const engine = (...args: string[]) =>
		execFileSync("bash", ["scripts/docker-engine.sh", ...args], { stdio: "inherit" });
	engine("start", folder, String(index));
	try {
		const env = {
			...process.env,
			DOCKER_HOST: `unix://${folder}/docker.sock`,
			DISCO_ENGINE: folder,
			SKIP_BUILD: "1",
			DOCKER_BUILDKIT: "0",
		};
		for (const script of images) execFileSync("bash", [script], { env, stdio: "ignore" });
		const command = ["scripts/docker-engine.sh", "run", folder, process.execPath, "--import", "tsx", ...words];
		execFileSync("bash", command, { env, stdio: "inherit" });
	} finally {
		engine("stop", folder);
	}
}
