#!/bin/sh
# Four ways into the registry: the operator by HTTP, the operator by file, the service itself, and a third party.
set -eu
. "$(dirname "$0")/../common/example.sh"
# The published file names a program in /usr/local/bin; here it stands beside this script. Ten seconds are long for an example.
sed "s#/usr/local/bin#$here#; s/10s/500ms/" "$here/redis.json" >"$work/redis.json"
export REDIS_HOST="$HOST"
agent -enable-local-script-checks -config-file "$work/redis.json"
register() { show curl -sS -X PUT --data-binary "@$here/$1" "http://$HOST:8500/v1/agent/service/register"; }
passing() { ask "/health/service/$1?passing" "map(.Service.ID)"; }

step "1. The operator, by HTTP: as each of the sources prints it."
register api.json
register service1.json
register http1_checkhttp.json
show_api /agent/services '[.[] | {ID, Service, Address, Port, Tags}] | sort_by(.ID) | .[]'

step "2. The operator, by file (redis.json, with a script as its check): critical until something answers."
check() { ask /agent/checks '.["service:redis"] | [.Status, .Output]'; }
eventually "the check ran" 'check | grep -q Connection'
check
start redis node -e "require('net').createServer((s) => s.end()).listen(8000, '$HOST')"
eventually "redis is passing" '[ "$(passing redis)" = "[\"redis\"]" ]'
check

step "3. The service itself (self.mjs, with the typed client): registers, reports, deregisters."
start self node "$here/self.mjs" "$HOST" 9001
self=$pid
eventually "it is passing" '[ "$(passing self)" = "[\"self-9001\"]" ]'
show_api "/health/service/self?passing" '.[].Service | {ID, Service, Address, Port}'
kill "$self"
eventually "it is gone" '[ "$(ask /catalog/service/self)" = "[]" ]'
echo "asked to end, it took itself out"

step "4. A third party: disco-registrator, here told by a file instead of Docker's events (services/third-party.json)."
web third-party 9002
start registrator disco-registrator -source "dir=$here/services" -ip "$HOST" "consul://$HOST:8500"
eventually "it is passing" '[ "$(ask "/health/service/third-party?passing" length)" = 1 ]'
show_api "/health/service/third-party?passing" '.[].Service | {Service, Address, Port, Tags}'
