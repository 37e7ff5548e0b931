#!/bin/sh
# Client-side discovery: the program asks the registry and chooses an instance itself, by the typed client or by DNS SRV.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent

step "Three instances of web; web-3 has three times the weight."
for number in 1 2 3; do
	web "web-$number" "900$number"
	weight=$((number == 3 ? 3 : 1))
	curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"ID\": \"web-$number\", \"Name\": \"web\", \"Address\": \"$HOST\",
		\"Port\": 900$number, \"Weights\": {\"Passing\": $weight, \"Warning\": 1},
		\"Check\": {\"HTTP\": \"http://$HOST:900$number/health\", \"Interval\": \"200ms\"}}"
done
eventually "all are in DNS" '[ "$(look web.service.consul SRV | wc -l)" = 3 ]'
step "100 requests, chosen with the typed client, then by DNS:"
show node "$here/client.mjs" | tee "$work/typed"
show node "$here/client.mjs" srv "$HOST" | tee "$work/srv"
for way in typed srv; do
	equal "$(tail -n 1 "$work/$way" | jq -c 'keys')" '["web-1","web-2","web-3"]'
	equal "$(tail -n 1 "$work/$way" | jq -c "add")" 100
done
step "web-3 becomes sick: nobody is sent there, by either way."
curl -sSf -X PUT "http://$HOST:9003/break" >/dev/null
eventually "two are left" '[ "$(look web.service.consul SRV | wc -l)" = 2 ]'
show node "$here/client.mjs" | tee "$work/typed"
show node "$here/client.mjs" srv "$HOST" | tee "$work/srv"
for way in typed srv; do equal "$(tail -n 1 "$work/$way" | jq -c 'keys')" '["web-1","web-2"]'; done
