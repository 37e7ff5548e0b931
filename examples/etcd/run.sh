#!/bin/sh
# Who has etcd and stays with it: sidekick and registrator write services into etcd, disco-template reads them, HAProxy balances.
# No agent runs here.
set -eu
. "$(dirname "$0")/../common/example.sh"
export ETCD="http://$HOST:2379"
peer=http://$HOST:2380
start etcd etcd --data-dir "$work/etcd" --listen-client-urls "$ETCD" --advertise-client-urls "$ETCD" --listen-peer-urls "$peer" \
	--initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" --logger=zap
eventually "etcd" 'curl -sf "$ETCD/health" | grep -q true'
# The keys below a prefix, with values ("0" follows "/").
keys() {
	curl -sSf -X POST "$ETCD/v3/kv/range" -d "{\"key\": \"$(printf %s/ "$1" | base64)\", \"range_end\": \"$(printf '%s0' "$1" | base64)\"}" |
		jq -r '.kvs[]? | (.key | @base64d) + " = " + (.value | @base64d)'
}

step "1. Two Apaches, each with a sidekick that writes its place into etcd while it answers (time-to-live 2 s here):"
for number in 1 2; do
	web "apachet-$number" "808$number"
	eval "apachet_$number=$pid"
	TTL=2 PAUSE=0.5 start "sidekick-$number" sh "$here/sidekick.sh" apachet "$HOST" "808$number"
	eval "sidekick_$number=$pid"
done
eventually "both are in etcd" '[ "$(keys /services/apachet | wc -l)" = 2 ]'
keys /services/apachet

step "2. A service that disco-registrator writes into etcd (with Docker's events it needs no sidekick at all):"
web web-1 9001
echo '{ "network_mode": "host", "expose": [9001], "environment": { "SERVICE_NAME": "web" } }' >"$work/web.json"
printf '$ disco-registrator -ip %s etcd3://%s:2379/services\n' "$HOST" "$HOST"
mkdir "$work/declared" && mv "$work/web.json" "$work/declared"
start registrator disco-registrator -owner here -source "dir=$work/declared" -ip "$HOST" "etcd3://$HOST:2379/services"
eventually "it is in etcd" '[ "$(keys /services/web | wc -l)" = 1 ]'
keys /services/web

step "3. disco-template follows etcd and keeps HAProxy:"
printf '$ disco-template -source etcd=%s:2379 -template haproxy.ctmpl:haproxy.cfg -exec "haproxy ..."\n' "$HOST"
start template disco-template -source "etcd=$HOST:2379" -wait 50ms:500ms -template "$here/haproxy.ctmpl:$work/haproxy.cfg" \
	-check "haproxy -c -q -f {{.Src}}" -exec "exec haproxy -W -db -f $work/haproxy.cfg" -exec-reload-signal SIGUSR2
answers() { many 8 "http://$HOST:8080/$1" | sort | uniq -c | awk '{ print $2 ": " $1 }'; }
eventually "both answer" '[ "$(answers apachet | wc -l)" = 2 ]'
answers apachet
eventually "web answers" '[ "$(answers "")" = "web-1: 8" ]'
answers ""

step "4. One Apache becomes sick: its sidekick takes it out."
curl -sSf -X PUT "http://$HOST:8081/break" >/dev/null
eventually "one is left" '[ "$(answers apachet)" = "apachet-2: 8" ]'
answers apachet
curl -sSf -X PUT "http://$HOST:8081/mend" >/dev/null
eventually "both answer" '[ "$(answers apachet | wc -l)" = 2 ]'
step "5. A machine dies, sidekick and all: the time-to-live takes it out. HAProxy itself asks another one meanwhile."
eval "kill -9 \$apachet_2 \$sidekick_2"
answers apachet
eventually "it is out" '[ "$(keys /services/apachet | wc -l)" = 1 ]'
keys /services/apachet
equal "$(answers apachet)" "apachet-1: 8"
