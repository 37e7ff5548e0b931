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
]);
