import { describe, expect, it } from "vitest";
import { invocationOf, runCommand } from "./run-command.ts";

const environment = { PATH: process.env["PATH"] ?? "" };

describe("commands", () => {
	it.each([
		[{ text: "reload" }, { file: "reload", args: [], shell: false }],
		[{ text: "a b | c" }, { file: "sh", args: ["-c", "a b | c"], shell: true }],
		[{ argv: ["a", "b c"] }, { file: "a", args: ["b c"], shell: false }],
	])("%j", (command, wanted) => expect(invocationOf(command)).toMatchObject(wanted));

	it.each([
		[{ text: "exit 3" }, 'command "exit 3" ended with the non-zero status 3'],
		[{ text: "no-such-program-xyz" }, "no such program"],
		[{ text: "kill -9 $$" }, "was ended by SIGKILL"],
	])("%j fails", async (command, message) => {
		await expect(runCommand(command, { environment, timeoutMs: 5_000 })).rejects.toThrow(message);
	});

	it("ends everything that a late command has started", async () => {
		const run = runCommand({ text: "sleep 60; true" }, { environment, timeoutMs: 100 });
		await expect(run).rejects.toThrow("did not end within its time limit of 100ms");
	});
});
