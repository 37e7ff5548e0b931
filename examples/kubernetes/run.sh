#!/bin/sh
# What a Kubernetes Service, its probes and its variables are here: selector, port and targetPort, virtual address, headless names,
# liveness and readiness, REDIS_MASTER_SERVICE_HOST.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent -enable-script-checks

step "1. Pods with labels: instances with metadata. The Service's selector (app: MyApp) is a filter."
for number in 1 2 3; do
	web "pod-$number" "937$number"
	app=$([ $number = 3 ] && echo Other || echo MyApp)
	curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"ID\": \"pod-$number\", \"Name\": \"my-service\", \"Address\": \"$HOST\",
		\"Port\": 937$number, \"Meta\": {\"app\": \"$app\"}, \"Tags\": [\"$app\"],
		\"Check\": {\"Name\": \"readiness\", \"HTTP\": \"http://$HOST:937$number/health\", \"Interval\": \"200ms\", \"Timeout\": \"1s\",
		\"SuccessBeforePassing\": 1, \"FailuresBeforeCritical\": 3}}"
done
eventually "all are ready" '[ "$(ask "/health/service/my-service?passing" length)" = 3 ]'
show_api '/health/service/my-service?passing&filter=Service.Meta.app==MyApp' '[.[].Service.ID] | sort'

step "2. port 80 -> targetPort 9376: one address and port for all of them (kube-proxy); here disco connect, in the kernel: examples/layer4."
printf '$ disco connect -listen %s:8080 -service MyApp.my-service\n' "$HOST"
start proxy disco connect -listen "$HOST:8080" -service MyApp.my-service
pods() { for _ in 1 2 3 4 5 6; do curl -sSf "http://$HOST:8080/"; done | sort | uniq -c | awk '{ print $2 ": " $1 }'; }
eventually "both pods" '[ "$(pods | wc -l)" = 2 ]'
pods

step "3. A headless Service: the pods themselves, by DNS, with their ports."
show_dns MyApp.my-service.service.consul SRV
equal "$(look MyApp.my-service.service.consul SRV | wc -l)" 2

step "4. The readiness probe fails three times (failureThreshold: 3): no more requests; the pod lives on."
curl -sSf -X PUT "http://$HOST:9371/break" >/dev/null
eventually "one is left" '[ "$(look MyApp.my-service.service.consul SRV | wc -l)" = 1 ]'
eventually "one pod" '[ "$(pods)" = "pod-2: 6" ]'
pods
show_api /health/checks/my-service '.[] | select(.Status == "critical") | .Output'

step "5. exec and TCP probes: exit 0 (1 is a warning here, 2 critical), and a port that is open."
curl -sSf -X PUT "http://$HOST:8500/v1/agent/check/register" -d "{\"ID\": \"exec\", \"Name\": \"exec\", \"ServiceID\": \"pod-2\",
	\"Args\": [\"sh\", \"-c\", \"test -e $work/healthy || exit 2\"], \"Interval\": \"200ms\"}"
curl -sSf -X PUT "http://$HOST:8500/v1/agent/check/register" -d "{\"ID\": \"tcp\", \"Name\": \"tcp\", \"ServiceID\": \"pod-2\", \"TCP\": \"$HOST:9372\", \"Interval\": \"200ms\"}"
status() { ask /agent/checks ".[\"$1\"].Status"; }
eventually "tcp passes, exec fails" '[ "$(status tcp)$(status exec)" = "\"passing\"\"critical\"" ]'
touch "$work/healthy"
eventually "both pass" '[ "$(status tcp)$(status exec)" = "\"passing\"\"passing\"" ]'
show_api /agent/checks '[.[] | select(.ServiceID == "pod-2") | {(.Name): .Status}] | add'

step "6. The variables of a Service, and they follow changes; a service may start later than who uses it."
start app disco-env -service redis-master -- sh -c 'env | grep ^REDIS_MASTER | sort; echo; exec sleep 1000'
register() { curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"Name\": \"redis-master\", \"Address\": \"$1\", \"Port\": 6379}"; }
register 10.0.0.11
eventually "the variables" 'grep -q REDIS_MASTER_SERVICE_PORT "$work/app.log"'
cat "$work/app.log"
equal "$(grep -c REDIS_MASTER "$work/app.log")" 7
register 10.0.0.12
eventually "the new place" 'grep -q REDIS_MASTER_SERVICE_HOST=10.0.0.12 "$work/app.log"'
echo "moved: $(grep REDIS_MASTER_SERVICE_HOST "$work/app.log" | tail -n 1)"
