import { testExamples } from "./run-example.ts";

testExamples([
	{
		script: "functions/dns.sh",
		shows: [
			/SRV\n1 1 9001 \w+\.addr\.dc1\.consul\.\n1 1 9002 /,
			"HTTP GET http://HOST:9001/health: 503",
			"can be in the answer",
		],
	},
	{
		script: "functions/http.sh",
		shows: ['{"Name":"consul","Status":1}', "answered at once: nobody is passing any more", '"HOST:8300"'],
	},
	{ script: "functions/kv.sh", shows: ["?raw\n50000", /"5433"\n.*rollback/s] },
	{ script: "functions/locks.sh", shows: [/number\n5\n/, "never more than two at once", /Value\s+me\n/] },
	{
		script: "functions/watch.sh",
		shows: ["app/version is 1\napp/version is 2\n", '[]\n["backup"]\n', /deployed\n1\.2\.3\n/, "consul: hello"],
	},
	{
		script: "functions/checks.sh",
		shows: [
			/web-app {4}critical\n/,
			/web-tcp {4}passing\nweb-http {3}critical\nweb-tcp {4}critical\n/,
			'"it went warning\\n"',
		],
	},
	{
		script: "zoo/run.sh",
		shows: [
			/server1 +\S+:8301 +alive +server .*\nserver2 +\S+:9301 +alive +server .*\nclient +\S+:10301 +alive +client /,
			'8500: ["client",9001]\n9500: ["client",9001]\n10500: ["client",9001]\n',
			/-p 10600 animal-service\.service\.consul SRV\n1 1 9001 \w+\.addr\.zoo\.consul\.\n/,
			/server[12] was the leader; a write is refused: No cluster leader\n/,
			/\nHamburg\n$/,
		],
	},
]);
