#!/bin/sh
# Prometheus finds what to scrape: from a file that disco-template keeps, or from the agent (consul_sd_configs).
set -eu
. "$(dirname "$0")/../common/example.sh"
agent -hcl 'telemetry { prometheus_retention_time = "60s" }'
register() {
	web "shop-$1" "900$1"
	disco services register -id "shop-$1" -name shop -address "$HOST" -port "900$1" -tag metrics >/dev/null
}
register 1
web untagged 9009
disco services register -name untagged -address "$HOST" -port 9009 >/dev/null

step "disco-template writes targets.json; Prometheus reads it."
start template disco-template -template "$here/targets.json.ctmpl:$work/targets.json"
configured() { cat "$@" | sed "s#HOST#$HOST#; s#WORK#$work#" >"$work/prometheus.yaml" && promtool check config "$work/prometheus.yaml" >/dev/null 2>&1; }
jobs=2
# With consul_sd_configs, where Prometheus has it.
configured "$here/prometheus.yaml" "$here/registry.yaml" || { jobs=1 && configured "$here/prometheus.yaml"; }
start prometheus prometheus --config.file="$work/prometheus.yaml" --storage.tsdb.path="$work/data" --web.listen-address="$HOST:9090"
# The targets that are up: "file http://...".
targets() {
	curl -sSf "http://$HOST:9090/api/v1/targets?state=active" |
		jq -r '.data.activeTargets[] | select(.health == "up") | .scrapePool + " " + .scrapeUrl' | sort
}
found() { [ "$(targets | grep -c ':900[12]/metrics')" = $(($1 * jobs)) ]; }
eventually "the shop and the agent" 'found 1 && targets | grep -q 8500'
targets

step "A second instance is found:"
register 2
eventually "both" 'found 2'
targets
query() { curl -sSf -G "http://$HOST:9090/api/v1/query" --data-urlencode "query=$1" | jq -c '.data.result[] | [.metric.instance_id, .value[1]]'; }
eventually "figures of both" '[ "$(query "count(web_requests_total{job=\"shop\"})" | jq -r ".[1]")" = 2 ]'
show query 'web_requests_total{job="shop"} > bool 0'
step "It goes, and Prometheus forgets it:"
disco services deregister -id shop-2 >/dev/null
eventually "one" 'found 1'
targets
