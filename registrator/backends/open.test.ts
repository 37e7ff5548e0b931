import { expect, test } from "vitest";
import { openBackend } from "./open.ts";

const options = { ttlSeconds: 0, compat: false };

test.each([
	["consul://127.0.0.1:8500", {}, "the agent at http://127.0.0.1:8500"],
	["consul://", {}, "the agent at http://127.0.0.1:8500"],
	["consul://", { CONSUL_HTTP_ADDR: "10.0.0.1:99" }, "the agent at http://10.0.0.1:99"],
	["consul://10.0.0.2:8500", { CONSUL_HTTP_ADDR: "10.0.0.1:99" }, "the agent at http://10.0.0.2:8500"],
	["consul-tls://10.0.0.1:8501", {}, "the agent at https://10.0.0.1:8501"],
	["consul-unix:///run/consul.sock", {}, "the agent at unix:///run/consul.sock"],
	["consulkv://10.0.0.1:8500/a/b", {}, "the KV store of the agent at http://10.0.0.1:8500"],
	["consulkv-unix:///run/consul.sock:/a", {}, "the KV store of the agent at unix:///run/consul.sock"],
	["etcd://10.0.0.1:2379/svc", {}, "etcd at http://10.0.0.1:2379"],
	["etcd2://10.0.0.1:2379/svc", {}, "etcd at http://10.0.0.1:2379"],
	["etcd3://10.0.0.1:2379/svc", {}, "etcd at http://10.0.0.1:2379"],
	["skydns2:///cluster.local", {}, "etcd at http://127.0.0.1:2379"],
	["zookeeper:///svc", {}, "ZooKeeper at 127.0.0.1:2181"],
	["zookeeper://10.0.0.1,10.0.0.2:2182/svc", {}, "ZooKeeper at 10.0.0.1,10.0.0.2:2182"],
])("%s with %j is %s", (uri, environment, name) => {
	expect(openBackend(uri, environment, options).name).toBe(name);
});

test.each([
	["nomad://x", "BACKEND_UNKNOWN"],
	["127.0.0.1:8500", "BACKEND_URI_INVALID"],
	["consulkv://127.0.0.1:8500", "BACKEND_URI_INVALID"],
	["consulkv://127.0.0.1:8500/", "BACKEND_URI_INVALID"],
	["skydns2://127.0.0.1:2379", "BACKEND_URI_INVALID"],
	["consul://127.0.0.1:port", "ADDRESS_INVALID"],
])("%s fails with %s", (uri, code) => {
	expect(() => openBackend(uri, {}, options)).toThrow(expect.objectContaining({ code }));
});
