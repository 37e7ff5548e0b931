import { expect, test } from "vitest";
import { dockerAddress, namedDockerAddresses } from "./docker-address.ts";

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

test.each([
	[["unix:///a.sock"], ["=unix:///a.sock"]],
	[
		["tcp://10.0.0.2:1", "web=tcp://[::1]:2", "tcp://[::1]:2"],
		["10.0.0.2=tcp://10.0.0.2:1", "web=tcp://[::1]:2", "--1=tcp://[::1]:2"],
	],
])("-docker %j", (texts, named) => {
	const found = namedDockerAddresses(texts, {}).map(({ owner, address }) => `${owner}=${address.text}`);
	expect(found).toEqual(named);
});

test("-docker: certificates are the docker client's, and no two hosts have one name", () => {
	const [found] = namedDockerAddresses(["tcp://a"], { DOCKER_TLS_VERIFY: "1", HOME: "/home/x" });
	expect(found?.address).toMatchObject({ protocol: "https", port: 2376, certFolder: "/home/x/.docker" });
	expect(() => namedDockerAddresses(["unix:///a", "unix:///b"], {})).toThrow(/^-docker: two hosts with the name ""/);
	expect(() => namedDockerAddresses(["x=ssh://b"], {})).toThrow(/^-docker: "ssh:\/\/b" is not an address/);
});

test.each(["ssh://host", "unix://", "tcp://", "tcp://host:port"])("DOCKER_HOST %s is refused", (text) => {
	expect(() => dockerAddress({ DOCKER_HOST: text }, () => false, false)).toThrow(
		expect.objectContaining({ code: "DOCKER_HOST_INVALID" }),
	);
});
