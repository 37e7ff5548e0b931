import { expect, test } from "vitest";
import { containerOfOwnId, nameFromImage, serviceId } from "./names.ts";

test.each([
	["redis", "redis"],
	["localhost:5000/team/redis:7", "redis"],
	["sha256:abc", "sha256"],
	["team/redis@sha256:abc", "redis@sha256"],
])("image %s is %s, as in the reference", (image, name) => {
	expect(nameFromImage(image, true)).toBe(name);
});

test.each([
	["host:web:80", "web"],
	["host:web:53:udp", "web"],
	["host:web:80:tcp", undefined],
	["host:web", undefined],
	["host:a:b:80", undefined],
	["other:web:80", undefined],
	["plain-id", undefined],
])("own id %s: %s", (id, container) => {
	expect(containerOfOwnId("host", id, false)).toBe(container);
	expect(containerOfOwnId("host", id, true)).toBe(container);
});

test.each(["apachet@8080", "x", "_x", "a/b"])("%s is no name that Docker gives", (name) => {
	expect(containerOfOwnId("host", `host:${name}:80`, false)).toBe(name);
	expect(containerOfOwnId("host", `host:${name}:80`, true)).toBeUndefined();
});

test("every id made is recognised as own", () => {
	expect(containerOfOwnId("h.x", serviceId("h.x", "web_1", 53, "udp"), true)).toBe("web_1");
});
