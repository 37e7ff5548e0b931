#!/bin/sh
# HTTP: register, ask, wait for a change, and what each family of paths tells.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent
api=http://$HOST:8500/v1

step "A service tells its agent; the agent checks it and tells the servers."
web animals-1 9001
curl -sSf -X PUT "$api/agent/service/register" -d "{\"ID\": \"animals-1\", \"Name\": \"animal-service\", \"Port\": 9001,
	\"Address\": \"$HOST\", \"Check\": {\"HTTP\": \"http://$HOST:9001/health\", \"Interval\": \"1s\"}}"
eventually "it is healthy" '[ "$(ask "/health/service/animal-service?passing" length)" = 1 ]'

step "What this agent knows, and what the catalog (everybody) knows:"
show_api /agent/services '.[] | {ID, Service, Port}'
show_api /agent/members '.[] | {Name, Status}'
show_api /catalog/datacenters
show_api /catalog/services
show_api /catalog/service/animal-service '.[] | {Node, ServiceAddress, ServicePort}'
show_api /health/service/animal-service '.[] | {Service: .Service.ID, Checks: [.Checks[].Status]}'
show_api /health/checks/animal-service '.[] | {CheckID, Status, Output}'
show_api "/health/service/animal-service?passing&filter=Service.Port==9001" '.[].Service.ID'
step "The servers: who leads, who votes."
show_api /status/leader
show_api /status/peers
step "Three ways of reading: what the leader has, what it surely has, what any server has."
for mode in default consistent stale; do
	curl -sSf -D - -o /dev/null "$api/catalog/service/animal-service?$mode" | grep -i '^X-Consul-Effective-Consistency' || true
done

step "Waiting for a change instead of asking again (long poll): index, then a question that is answered when something happens."
index=$(curl -sSf -D - -o /dev/null "$api/health/service/animal-service?passing" | tr -d '\r' | sed -n 's/^X-Consul-Index: //p')
curl -sSf "$api/health/service/animal-service?passing&index=$index&wait=30s" >"$work/change" &
question=$!
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
wait $question
equal "$(jq length "$work/change")" 0
echo "answered at once: nobody is passing any more"

step "Gone:"
curl -sSf -X PUT "$api/agent/service/deregister/animals-1"
eventually "it is gone" '[ "$(ask /catalog/service/animal-service length)" = 0 ]'
show_api /catalog/service/animal-service
