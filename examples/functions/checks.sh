#!/bin/sh
# Checks: script, HTTP, TCP and TTL, each seen well and sick, and what that does to the answers.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent -enable-local-script-checks -config-file "$here/web-app.json" -hcl "services = [{ name = \"job\", check = {
	id = \"job\", interval = \"200ms\", args = [\"sh\", \"-c\", \"cat $work/text; exit \$(cat $work/code)\"] } }]"
status() { ask "/agent/checks" ".[\"$1\"].Status" | tr -d '"'; }
becomes() { eventually "$1 $2" "[ \"\$(status $1)\" = $2 ]" && printf '%-10s %s\n' "$1" "$2"; }

step "TTL: somebody reports; who did not report in time is critical. This one is of the whole node, from web-app.json:"
web web-1 9001
web_process=$pid
curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"Name\": \"web\", \"Address\": \"$HOST\", \"Port\": 9001, \"Checks\": [
	{\"CheckID\": \"web-http\", \"HTTP\": \"http://$HOST:9001/health\", \"Interval\": \"200ms\"},
	{\"CheckID\": \"web-tcp\", \"TCP\": \"$HOST:9001\", \"Interval\": \"200ms\"}]}"
show cat "$here/web-app.json"
becomes web-app critical
eventually "the catalog knows" '[ "$(ask /health/service/web length)" = 1 ]'
equal "$(look web.service.consul)" ""
echo "no service of a node with a critical check is in an answer"
curl -sSf -X PUT "http://$HOST:8500/v1/agent/check/pass/web-app?note=all+well"
becomes web-app passing
eventually "DNS follows" '[ "$(look web.service.consul)" = "$HOST" ]'
curl -sSf -X PUT "http://$HOST:8500/v1/agent/check/register" -d '{"Name": "hasty", "TTL": "300ms", "Status": "passing", "ServiceID": "web"}'
becomes hasty critical
show_api /agent/checks '.hasty.Output'
curl -sSf -X PUT "http://$HOST:8500/v1/agent/check/deregister/hasty"

step "HTTP and TCP: of a web server that becomes sick, then ends."
becomes web-http passing
becomes web-tcp passing
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
becomes web-http critical
eventually "DNS follows" '[ -z "$(look web.service.consul)" ]'
kill "$web_process"
becomes web-tcp critical

step "A script: exit 0 is passing, 1 a warning, anything else critical."
for result in "0 passing" "1 warning" "2 critical"; do
	echo "it went ${result#* }" >"$work/text"
	echo "${result% *}" >"$work/code"
	becomes job "${result#* }"
	show_api /agent/checks '.job.Output'
done
