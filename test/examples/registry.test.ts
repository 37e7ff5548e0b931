import { testExamples } from "./run-example.ts";

testExamples([
	{
		script: "registration/run.sh",
		needs: ["python3"],
		shows: [
			'{"ID":"api-1","Service":"api","Address":"127.0.0.1","Port":5000,"Tags":["demo"]}',
			'{"ID":"http1","Service":"http","Address":"172.17.0.3","Port":80,"Tags":[]}',
			'{"ID":"service1","Service":"service1","Address":"10.0.0.12","Port":8080,"Tags":[]}',
			'["critical","redis at HOST:8000: Connection refused\\n"]\n["passing","redis at HOST:8000 answers\\n"]',
			"asked to end, it took itself out",
			'{"Service":"third-party","Address":"HOST","Port":9002,"Tags":["by-registrator"]}',
		],
	},
	{ script: "external/run.sh", shows: ["SRV\n1 1 80 www.google.com.\n", "sick: no answer, and nobody had to report"] },
	{
		script: "nagios/run.sh",
		needs: ["check_http"],
		shows: ["PROCS OK", "FILE_AGE WARNING", "HTTP CRITICAL", "PROCS CRITICAL"],
	},
	{
		script: "watch-handler/run.sh",
		shows: [/all is well\n\d+ api-1 is critical\n\d+ all is well\n/, /"Key":"deploy".*"Value":"MS4yLjM="/],
	},
	{
		script: "leader-election/run.sh",
		shows: [/plain-[12] leads\nplain-[12] leads\n/, /worker-\d leads\n\nIt dies .*\nworker-\d leads/],
	},
	{
		script: "flask/run.sh",
		needs: ["python3"],
		shows: [
			'{"database":"10.0.0.5","greeting":"Hello"}',
			/SRV\n1 1 5000 /,
			'{"database":"10.0.0.5","greeting":"Good evening"}',
		],
	},
	{
		script: "systemd/run.sh",
		needs: ["systemctl"],
		wrapper: ["bash", "test/examples/private-systemd.sh"],
		shows: ["BindsTo ended its sidekick", /apachet\.service\.consul SRV\n.* 8081 .*\n.* 8082 /],
	},
]);
