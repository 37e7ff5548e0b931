import { expect, test } from "vitest";
import { dockerAddress } from "./docker-address.ts";

test.each([
	[{}, ["/var/run/docker.sock", "/tmp/docker.sock"], false, "unix:///var/run/docker.sock"],
	[{}, ["/tmp/docker.sock"], false, "unix:///tmp/docker.sock"],
	[{}, [], false, "unix:///var/run/docker.sock"],
	[{}, ["/var/run/docker.sock"], true, "unix:///tmp/docker.sock"],
	[{ DOCKER_HOST: "unix:///run/x.sock" }, ["/var/run/docker.sock"], true, "unix:///run/x.sock"],
])("%j with %j (compat %j): %s", (environment, sockets, compat, text) => {
	expect(dockerAddress(environment, (path) => sockets.includes(path), compat).text).toBe(text);
});

test.each([
	[{ DOCKER_HOST: "tcp://10.0.0.1:2375" }, { protocol: "http", host: "10.0.0.1", port: 2375 }],
	[{ DOCKER_HOST: "tcp://10.0.0.1" }, { protocol: "http", port: 2375 }],
	[{ DOCKER_HOST: "tcp://[::1]:99" }, { protocol: "http", host: "::1", port: 99 }],
	[
		{ DOCKER_HOST: "tcp://docker", DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" },
		{ protocol: "https", port: 2376, certFolder: "/certs" },
	],
])("%j", (environment, expected) => {
	expect(dockerAddress(environment, () => false, false)).toMatchObject({ kind: "tcp", ...expected });
});

test.each(["ssh://host", "unix://", "tcp://", "tcp://host:port"])("DOCKER_HOST %s is refused", (text) => {
	expect(() => dockerAddress({ DOCKER_HOST: text }, () => false, false)).toThrow(
		expect.objectContaining({ code: "DOCKER_HOST_INVALID" }),
	);
});
