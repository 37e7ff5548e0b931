#!/bin/sh
# The zoo: two servers and a client on one machine, each with ports of its own, and a service that only the client's agent knows.
set -eu
. "$(dirname "$0")/../common/example.sh"
if curl -s -o /dev/null "http://$HOST:8500/"; then
	echo "something listens on $HOST:8500 already; run this with HOST=127.0.0.2" >&2
	exit 1
fi
# member NAME OPTION...
member() {
	name=$1
	shift
	printf '$ disco agent -config-file=%s.json -bind=%s %s\n' "$name" "$HOST" "$*"
	start "$name" disco agent "-config-file=$here/$name.json" "-bind=$HOST" "-client=$HOST" "-data-dir=$work/data-$name" -log-level=warn "$@"
}

step "1. Two servers, which elect one of them, and a client, which keeps no state and asks them."
member server1
server1=$pid
member server2 "-retry-join=$HOST:8301"
server2=$pid
member client "-retry-join=$HOST:8301"
export CONSUL_HTTP_ADDR="$HOST:10500"
names() { dig +short +time=2 "@$HOST" -p "$1" animal-service.service.consul "$2"; }
at() { curl -sSf "http://$HOST:$1/v1$2" | jq -c "${3:-.}"; }
eventually "a leader, seen from the client" '[ "$(at 10500 /status/leader length)" -gt 2 ]'
eventually "three members" '[ "$(disco members | grep -c alive)" = 3 ]'
show disco members
eventually "both servers are voters" '[ "$(at 10500 /status/peers length)" = 2 ]'

step "2. animal-service registers with its agent, the client; every agent answers for it, in HTTP and DNS."
web animals 9001
curl -sSf -X PUT "http://$HOST:10500/v1/agent/service/register" -d "{\"Name\": \"animal-service\", \"Address\": \"$HOST\", \"Port\": 9001,
	\"Check\": {\"HTTP\": \"http://$HOST:9001/health\", \"Interval\": \"200ms\"}}"
for port in 8500 9500 10500; do
	seen=$port
	eventually "animal-service at $port" '[ "$(at $seen "/health/service/animal-service?passing" length)" = 1 ]'
	printf '%s: ' "$port"
	at "$port" "/health/service/animal-service?passing" '[.[] | .Node.Node, .Service.Port]'
done
for port in 8600 9600 10600; do
	printf '$ dig @%s -p %s animal-service.service.consul SRV\n' "$HOST" "$port"
	seen=$port
	eventually "its name at $port" 'names "$seen" SRV | grep -q 9001'
	names "$port" SRV
done
printf '$ curl %s:9500/v1/catalog/datacenters\n' "$HOST"
at 9500 /catalog/datacenters

step "3. A key written at one is read at the others."
disco kv put zoo/name Berlin >/dev/null
show disco kv get -http-addr="$HOST:8500" zoo/name
show disco kv get -http-addr="$HOST:9500" zoo/name

step "4. The service becomes sick: all of them stop answering for it."
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
eventually "nobody answers for it" '[ -z "$(names 8600 A)$(names 9600 A)$(names 10600 A)" ]'
echo "sick: no answer"

step "5. The leader is killed (kill -9). Two servers have no majority without it: nothing can be written; it comes back, and all goes on."
leader=$(at 10500 /status/leader | tr -d '"')
if [ "$leader" = "$HOST:8300" ]; then killed=server1 port=9500 process=$server1; else killed=server2 port=8500 process=$server2; fi
kill -9 "$process"
eventually "the refusal" 'curl -s -X PUT -d x "http://$HOST:$port/v1/kv/zoo/lost" >"$work/refusal"; grep -q "No cluster leader" "$work/refusal"'
echo "$killed was the leader; a write is refused: $(cat "$work/refusal")"
member "$killed" "-retry-join=$HOST:8301" "-retry-join=$HOST:9301"
eventually "writes are taken again" 'curl -sSf -X PUT -d Hamburg "http://$HOST:$port/v1/kv/zoo/name"'
show disco kv get zoo/name
