import { describe, expect, it } from "vitest";
import { succeed } from "../support/programs.ts";

// scripts/test.mjs starts a private engine and runs this project inside its network namespace.
describe("the private Docker engine", () => {
	it("runs a container from an image made without a registry, and the container answers", async () => {
		const container = (await succeed("docker", ["run", "-d", "-p", "127.0.0.1:0:5000", "disco-demo-api"])).trim();
		try {
			const published = (await succeed("docker", ["port", container, "5000/tcp"])).trim();
			const answer = await succeed("curl", [
				"-sS",
				"--retry",
				"20",
				"--retry-connrefused",
				"--retry-delay",
				"1",
				`http://${published}/hello`,
			]);
			expect(JSON.parse(answer)).toEqual({ service: "api", instance: container.slice(0, 12), path: "/hello" });
		} finally {
			await succeed("docker", ["rm", "-f", container]);
		}
	});
});
