#!/bin/sh
# nginx as the load balancer, kept by disco-template: checked before, reloaded after each change.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent
export NGINX_LISTEN="$HOST:8080" NGINX_PID="$work/nginx.pid"

step "Two instances of shop; disco-template renders nginx.ctmpl, lets nginx test it, and starts nginx."
register() {
	web "shop-$1" "900$1"
	curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"ID\": \"shop-$1\", \"Name\": \"shop\", \"Address\": \"$HOST\",
		\"Port\": 900$1, \"Check\": {\"HTTP\": \"http://$HOST:900$1/health\", \"Interval\": \"200ms\"}}"
}
register 1
register 2
printf "\$ disco-template -template nginx.ctmpl:nginx.conf -check 'nginx -t -q -c {{.Src}}' -exec 'nginx ...' -exec-reload-signal SIGHUP\n"
start template disco-template -wait 50ms:500ms -template "$here/nginx.ctmpl:$work/nginx.conf" -check "nginx -t -q -c {{.Src}}" \
	-exec "exec nginx -g 'daemon off;' -c $work/nginx.conf" -exec-reload-signal SIGHUP
answers() { many 8 "http://shop.localhost:8080/" --resolve "shop.localhost:8080:$HOST" | sort | uniq -c | awk '{ print $2 ": " $1 }'; }
eventually "both answer" '[ "$(answers | wc -l)" = 2 ]'
answers
step "One becomes sick, then a third one comes:"
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
eventually "one answers" '[ "$(answers)" = "shop-2: 8" ]'
answers
register 3
eventually "two answer" '[ "$(answers | wc -l)" = 2 ]'
answers
step "A host that nobody serves:"
curl -sS -H "Host: nobody.localhost" "http://$HOST:8080/"
