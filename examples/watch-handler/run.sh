#!/bin/sh
# A watch with a handler: a script that runs when the checks of a service change; from the command line, and from the configuration.
set -eu
. "$(dirname "$0")/../common/example.sh"
export ALERTS="$work/alerts"
# Handlers of the configuration: a program, and an HTTP call.
start hook node -e "require('http').createServer((q, s) => q.on('data', (d) => console.log(String(d))).on('end', () => s.end())).listen(9100, '$HOST')"
agent -hcl "watches = [
	{ type = \"checks\", service = \"api\", args = [\"sh\", \"-c\", \"jq -c 'map(.Status)' >>$work/configured\"] },
	{ type = \"key\", key = \"deploy\", handler_type = \"http\", http_handler_config { path = \"http://$HOST:9100/hook\" } },
]"
printf '$ disco watch -type checks -service api %s\n' "$here/check.sh"
start watch disco watch -type checks -service api "$here/check.sh"

step "A service comes, becomes sick and well again; the handler hears of each."
web api-1 9001
curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"ID\": \"api-1\", \"Name\": \"api\", \"Address\": \"$HOST\", \"Port\": 9001,
	\"Check\": {\"HTTP\": \"http://$HOST:9001/health\", \"Interval\": \"200ms\", \"Status\": \"passing\"}}"
says() { eventually "$1" "tail -n 1 $work/alerts | grep -q '$1'"; }
says "all is well"
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
says "api-1 is critical"
curl -sSf -X PUT "http://$HOST:9001/mend" >/dev/null
says "all is well"
show cat "$work/alerts"

step "The same from the agent's configuration (watches), where handlers may also be HTTP calls:"
eventually "the configured handler" 'tail -n 1 "$work/configured" | grep -q "\[\"passing\"\]" && grep -q critical "$work/configured"'
show cat "$work/configured"
disco kv put deploy 1.2.3 >/dev/null
eventually "the hook" 'grep -q "\"Key\":\"deploy\"" "$work/hook.log"'
grep deploy "$work/hook.log"
