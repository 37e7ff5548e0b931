#!/bin/sh
# DNS: services, tags, ports, nodes, addresses, and only who is well.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent

step "Two instances of web, one of them tagged v2, each with a check."
web web-1 9001
web web-2 9002
for number in 1 2; do
	disco services register -id "web-$number" -name web -address "$HOST" -port "900$number" -tag "v$number" >/dev/null
	curl -sSf -X PUT "http://$HOST:8500/v1/agent/check/register" -d "{\"ID\": \"web-$number-up\", \"Name\": \"up\",
		\"ServiceID\": \"web-$number\", \"HTTP\": \"http://$HOST:900$number/health\", \"Interval\": \"1s\"}"
done
eventually "both in DNS" '[ "$(look web.service.consul SRV | wc -l)" = 2 ]'

step "Addresses, and with ports (SRV: priority, weight, port, target):"
show_dns web.service.consul
show_dns web.service.consul SRV
step "The forms of RFC 2782, by tag, and in a datacenter by name:"
show_dns _web._v2.service.consul SRV
show_dns v2.web.service.consul SRV
show_dns web.service.dc1.consul
step "A node, and the service behind an address:"
show_dns consul.node.consul
show_dns -x "$HOST"
step "A question with an answer of its own choice (a prepared query): the instances tagged v1."
curl -sSf -X POST "http://$HOST:8500/v1/query" -d '{"Name": "old-web", "Service": {"Service": "web", "Tags": ["v1"]}}' >/dev/null
show_dns old-web.query.consul SRV
step "One becomes sick and leaves the answers; disco dns says why."
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
eventually "one left" '[ "$(look web.service.consul SRV | wc -l)" = 1 ]'
show_dns web.service.consul SRV
show disco dns web
equal "$(look v1.web.service.consul)" ""
