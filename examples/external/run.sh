#!/bin/sh
# Services outside: a database as a service (SaaS), a partner's host. They run no agent; their names are found like all others.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent
api=http://$HOST:8500/v1

step "1. Written into the catalog by the operator: a node that is only a name, with a service."
show curl -sS -X PUT -d '{"Datacenter":"dc1","Node":"google","Address":"www.google.com","Service":{"Service":"search","Port":80}}' "$api/catalog/register"
echo
step "Its name is an alias (CNAME), with its port by SRV:"
show_dns search.service.consul CNAME
show_dns search.service.consul SRV
equal "$(look search.service.consul CNAME)" www.google.com.

step "2. With a check that somebody else reports: here a probe of ours writes what it saw."
web partner 9001
# report: asks the partner and writes the result beside the service.
report() {
	if curl -sf -o /dev/null "http://$HOST:9001/health"; then status=passing; else status=critical; fi
	curl -sSf -o /dev/null -X PUT "$api/catalog/register" -d "{\"Node\": \"partner\", \"Address\": \"$HOST\",
		\"NodeMeta\": {\"external-node\": \"true\"}, \"Service\": {\"Service\": \"payment\", \"Port\": 9001},
		\"Check\": {\"Node\": \"partner\", \"CheckID\": \"payment-up\", \"Name\": \"answers\", \"Status\": \"$status\", \"ServiceID\": \"payment\"}}"
}
report
show_dns payment.service.consul
equal "$(look payment.service.consul)" "$HOST"
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
report
equal "$(look payment.service.consul)" ""
echo "sick: no answer"
curl -sSf -X PUT "http://$HOST:9001/mend" >/dev/null

step "3. Or simply: an agent of ours vouches for it, and checks it like its own services."
curl -sSf -X PUT "$api/agent/service/register" -d "{\"Name\": \"shipping\", \"Address\": \"$HOST\", \"Port\": 9001,
	\"Check\": {\"HTTP\": \"http://$HOST:9001/health\", \"Interval\": \"200ms\"}}"
eventually "it is in DNS" '[ "$(look shipping.service.consul)" = "$HOST" ]'
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
eventually "it is out of DNS" '[ -z "$(look shipping.service.consul)" ]'
echo "sick: no answer, and nobody had to report"

step "Away with the first one:"
show curl -sS -X PUT -d '{"Node": "google"}' "$api/catalog/deregister"
echo
equal "$(look search.service.consul CNAME)" ""
