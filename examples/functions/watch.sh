#!/bin/sh
# Watches and events: run something when something changes, tell all agents something, run a command on all of them.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent -hcl 'disable_remote_exec = false'

step "A watch runs a command for the first result and for each new one; the result is its standard input."
start key disco watch -type key -key app/version "jq -r '.Key + \" is \" + (.Value | @base64d)' >>$work/versions"
disco kv put app/version 1 >/dev/null
eventually "the first value" 'grep -q "is 1" "$work/versions"'
disco kv put app/version 2 >/dev/null
eventually "the second value" 'grep -q "is 2" "$work/versions"'
show cat "$work/versions"

step "Of checks: only those that are critical."
start checks disco watch -type checks -state critical "jq -c 'map(.CheckID)' >>$work/critical"
eventually "nothing is critical" 'grep -qx "\[\]" "$work/critical"'
curl -sSf -X PUT "http://$HOST:8500/v1/agent/check/register" -d '{"Name": "backup", "TTL": "1h"}'
eventually "the new check is" 'grep -qx "\[\"backup\"\]" "$work/critical"'
show cat "$work/critical"

step "An event goes to all agents; who watches it deploys."
start event disco watch -type event -name deploy "jq -r '.[].Payload // empty | @base64d' >>$work/deployed"
eventually "the handler ran once" '[ -e "$work/deployed" ]'
show disco event -name=deploy 1.2.3
eventually "the event" 'grep -qx 1.2.3 "$work/deployed"'
show cat "$work/deployed"

step "A command on every agent that takes it:"
show disco exec -wait=500ms echo hello
