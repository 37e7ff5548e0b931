import { expect, test } from "vitest";
import { connectDocker, parseEvent } from "./docker-events.ts";

const die = {
	status: "die",
	Type: "container",
	Action: "die",
	Actor: { ID: "abc", Attributes: { exitCode: "137", image: "x", name: "web" } },
	time: 1795269600,
	timeNano: 1795269600123456800,
};

test("a die event as engine 20.10 sends it", () => {
	const event = parseEvent(JSON.stringify(die));
	expect(event).toMatchObject({ kind: "die", containerId: "abc", containerName: "web", exitCode: 137 });
	expect(event?.timeMs).toBeCloseTo(1795269600123.456, 2);
});

test.each([
	[
		{ ...die, Action: "kill", Actor: { ID: "abc", Attributes: { signal: "15" } } },
		{ kind: "kill", signal: 15 },
	],
	[
		{ ...die, Action: "health_status: healthy" },
		{ kind: "health", containerId: "abc" },
	],
])("%j", (event, expected) => {
	expect(parseEvent(JSON.stringify(event))).toMatchObject(expected);
});

test.each([
	["", undefined],
	[JSON.stringify({ ...die, Action: "exec_die" }), undefined],
	[JSON.stringify({ Action: "start" }), undefined],
])("no event of ours: %s", (line, expected) => {
	expect(parseEvent(line)).toBe(expected);
});

test("a missing socket is named, with what to do", async () => {
	const docker = await connectDocker({
		kind: "socket",
		path: "/nowhere/docker.sock",
		text: "unix:///nowhere/docker.sock",
	});
	await expect(docker.ping()).rejects.toMatchObject({
		code: "DOCKER_UNREACHABLE",
		message:
			"cannot reach Docker at unix:///nowhere/docker.sock: no such socket; start Docker, mount the socket there, or set DOCKER_HOST",
	});
});
