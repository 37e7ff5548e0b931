import { testExamples } from "./run-example.ts";

testExamples([
	{ script: "ambassador/run.sh", shows: ["web-2: 8\n", /web-1: 8\n$/] },
	{
		script: "blue-green/run.sh",
		needs: ["haproxy"],
		shows: [/green-[12]\nblue 100\n/, "blue 90, green 10\n", "green 100\n"],
	},
	{
		script: "client-side/run.sh",
		shows: [/\{"web-1":\d+,"web-2":\d+,"web-3":\d+\}\n/, /\{"web-1":\d+,"web-2":\d+\}\n$/],
	},
	{
		script: "etcd/run.sh",
		needs: ["etcd", "haproxy"],
		shows: [
			/\/services\/apachet\/[\d.]+:8081 = \{"host": "[^"]+", "ipv4_addr": "[\d.]+", "port": 8081\}\n/,
			"/services/web/here:web:9001 = HOST:9001\n",
			"apachet-1: 4\napachet-2: 4\nweb-1: 8\n",
		],
	},
	{ script: "feature-flag/run.sh", shows: [/\n\d+ of 100\n/, /\n100\n$/] },
	{
		script: "kubernetes/run.sh",
		shows: [
			'["pod-1","pod-2"]',
			"pod-2: 6\n",
			"REDIS_MASTER_PORT_6379_TCP=tcp://10.0.0.11:6379\n",
			/HOST=10\.0\.0\.12\n$/,
		],
	},
	{
		script: "nginx-zone/run.sh",
		needs: ["nginx", "pgrep"],
		shows: [
			/: (zone|variable)\.conf\nshop-1 shop-2\n/,
			"drains:\nshop-2\n",
			"Both again:\nshop-1 shop-2\n\nnginx was not reloaded.\n",
		],
	},
	{ script: "nginx/run.sh", needs: ["nginx"], shows: ["shop-1: 4\nshop-2: 4\n", "shop-2: 8\nshop-2: 4\nshop-3: 4\n"] },
	{
		script: "prometheus/run.sh",
		needs: ["prometheus"],
		shows: ["disco http://HOST:8500/v1/agent/metrics?format=prometheus\n", '["shop-1","1"]\n["shop-2","1"]\n'],
	},
]);
