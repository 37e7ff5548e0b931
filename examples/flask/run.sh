#!/bin/sh
# A Flask application: its settings are keys (disco-env), its place is a service (disco-registrator), and it knows of neither.
set -eu
. "$(dirname "$0")/../common/example.sh"
# A Python that has Flask; Debian's (python3-flask) need not be the first one.
for python in python3 /usr/bin/python3; do
	! "$python" -c "import flask" 2>/dev/null || break
done
agent

step "1. Its settings are keys; disco-env makes them its environment and starts it."
show disco kv put service/api/prod/greeting "Hello"
show disco kv put service/api/prod/db-host 10.0.0.5
echo '$ disco-env -prefix service/api/prod -config config.hcl flask run --host=0.0.0.0'
OBJECT_CODE=api ENV=prod
export FLASK_APP="$here/app.py" PYTHONDONTWRITEBYTECODE=1
start app disco-env -prefix "service/$OBJECT_CODE/$ENV" -config="$here/config.hcl" "$python" -m flask run --host="$HOST" --port=5000
eventually "the application" 'curl -sf "http://$HOST:5000/api/health"'
show curl -sS "http://$HOST:5000/api/hello"
equal "$(curl -sS "http://$HOST:5000/api/hello" | jq -c .)" '{"database":"10.0.0.5","greeting":"Hello"}'

step "2. disco-registrator makes it a service, with its check."
start registrator disco-registrator -source "compose=$here/compose.yaml" -ip "$HOST" "consul://$HOST:8500"
eventually "it is healthy" '[ "$(ask "/health/service/api?passing" length)" = 1 ]'
show_dns api.service.consul SRV
show_api /health/checks/api '.[] | {Name, Status, Output: .Output[:60]}'

step "3. A key changes: the application is started anew with it."
show disco kv put service/api/prod/greeting "Good evening"
eventually "the new greeting" 'curl -sf "http://$HOST:5000/api/hello" | grep -q "Good evening"'
curl -sS "http://$HOST:5000/api/hello"
