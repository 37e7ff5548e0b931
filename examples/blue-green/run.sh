#!/bin/sh
# Blue/green and canary: two versions of a service by tags, their shares by keys and weights, HAProxy in front.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent

step "Version 1 runs as blue (two instances). HAProxy is kept by disco-template."
run_color() {
	for number in 1 2; do
		web "$1-$number" "9$2$number"
		curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"ID\": \"$1-$number\", \"Name\": \"web\", \"Address\": \"$HOST\",
			\"Port\": 9$2$number, \"Tags\": [\"$1\"], \"Check\": {\"HTTP\": \"http://$HOST:9$2$number/health\", \"Interval\": \"200ms\"}}"
	done
}
run_color blue 00
start template disco-template -wait 50ms:500ms -template "$here/haproxy.ctmpl:$work/haproxy.cfg" -check "haproxy -c -q -f {{.Src}}" \
	-exec "exec haproxy -W -db -f $work/haproxy.cfg" -exec-reload-signal SIGUSR2
# Who answers 100 requests: "blue 100".
shares() { many 100 "http://$HOST:8080/" | sed 's/-.*//' | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $2, $1 } END { print "" }'; }
eventually "blue answers" '[ "$(shares)" = "blue 100" ]'
shares

step "Version 2 starts as green: healthy, in DNS by its tag, and nobody is sent there. We look at it first."
run_color green 10
eventually "green is there" '[ "$(look green.web.service.consul SRV | wc -l)" = 2 ] && grep -q green-2 "$work/haproxy.cfg"'
eventually "a look at green" 'curl -sSf -H "X-Color: green" "http://$HOST:8080/" | grep -q green'
curl -sSf -H "X-Color: green" "http://$HOST:8080/"
eventually "blue answers alone" '[ "$(shares)" = "blue 100" ]'
shares

step "Canary: a tenth of the requests."
show disco kv put web/canary 10
eventually "a tenth" '[ "$(shares)" = "blue 90, green 10" ]'
shares

step "All of them: green is live. Back is as quick."
show disco kv put web/live green
show disco kv put web/canary 0
eventually "green" '[ "$(shares)" = "green 100" ]'
shares
show disco kv put web/live blue
eventually "blue" '[ "$(shares)" = "blue 100" ]'
shares
