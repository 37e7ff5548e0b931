#!/bin/sh
# nginx follows the catalog by DNS: no template, no reload. NGINX_PROGRAM chooses another nginx than the one on PATH.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent
nginx=${NGINX_PROGRAM:-nginx}
# variable.conf knows one port, so that the second instance has an address of its own.
second="${HOST%.*}.1${HOST##*.}"

register() {
	start "shop-$1" node "$root/examples/common/web.mjs" "shop-$1" "$2" 9001
	curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"ID\": \"shop-$1\", \"Name\": \"shop\", \"Address\": \"$2\",
		\"Port\": 9001, \"Check\": {\"HTTP\": \"http://$2:9001/health\", \"Interval\": \"200ms\"}}"
}
maintenance() { curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/maintenance/shop-$1?enable=$2"; }
# Who answers, and that nothing else does: a failed request ends the example.
answers() { many 20 "http://$HOST:8080/" | sort -u | tr '\n' ' '; }
# Each worker asks for itself: it takes a moment until all know.
expect() {
	wanted=$1
	eventually "$wanted" '[ "$(answers)" = "$wanted " ]'
	echo "$wanted"
}
workers() { pgrep -P "$nginx_pid" | sort | tr '\n' ' '; }

variant=$(sh "$here/variant.sh")
step "$("$nginx" -v 2>&1): $variant"
register 1 "$HOST"
register 2 "$second"
eventually "two are healthy" '[ "$(ask "/health/service/shop?passing" length)" = 2 ]'
{
	printf 'daemon off;\npid %s/pid;\nerror_log stderr warn;\nworker_processes 2;\nevents { }\nhttp {\naccess_log off;\n' "$work"
	for path in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/%s;\n' $path "$work" $path; done
	sed "s/127\.0\.0\.1/$HOST/g" "$here/$variant"
	echo '}'
} >"$work/nginx.conf"
"$nginx" -t -q -c "$work/nginx.conf"
start nginx "$nginx" -c "$work/nginx.conf"
nginx_pid=$pid
expect "shop-1 shop-2"
before=$(workers)
step "shop-1 drains:"
maintenance 1 true
expect "shop-2"
step "shop-1 is back, shop-2 fails its check:"
maintenance 1 false
curl -sSf -X PUT "http://$second:9001/break" >/dev/null
expect "shop-1"
step "Both again:"
curl -sSf -X PUT "http://$second:9001/mend" >/dev/null
expect "shop-1 shop-2"
equal "$(workers)" "$before"
step "nginx was not reloaded."
