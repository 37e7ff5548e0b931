import { describe, expect, it } from "vitest";
import { eventually, succeed } from "../support/programs.ts";

// scripts/test.mjs starts a private engine and runs this project inside its network namespace.
describe("the private Docker engine", () => {
	it("runs a container from an image made without a registry, and the container answers", async () => {
		const container = (await succeed("docker", ["run", "-d", "-p", "127.0.0.1:0:5000", "disco-demo-api"])).trim();
		try {
			const published = (await succeed("docker", ["port", container, "5000/tcp"])).trim();
			// The port is open before the program in the container listens.
			const answer = await eventually("an answer", () => succeed("curl", ["-sS", `http://${published}/hello`]));
			expect(JSON.parse(answer)).toEqual({ service: "api", instance: container.slice(0, 12), path: "/hello" });
		} finally {
			await succeed("docker", ["rm", "-f", container]);
		}
	});
});
