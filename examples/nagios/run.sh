#!/bin/sh
# Nagios' plugins as checks: they end with 0, 1 or 2 and print a line, which is all a script check needs.
set -eu
. "$(dirname "$0")/../common/example.sh"
touch "$work/backup"
sed "s#HOST#$HOST#g; s#BACKUP#$work/backup#" "$here/checks.json" >"$work/checks.json"
agent -enable-local-script-checks -config-file "$work/checks.json"
web web 9001
process=$pid
seen() { ask /agent/checks ".[\"$1\"] | [.Status, (.Output | split(\"\n\")[0])]"; }
becomes() { eventually "$1 $2" "seen $1 | grep -q '\"$2\"'" && printf '%-12s ' "$1" && seen "$1"; }

step "All is well:"
for check in web-http web-process web-backup load; do becomes $check passing; done
eventually "it is in DNS" '[ -n "$(look web.service.consul)" ]'
step "The backup is two hours old: a warning; the service stays in DNS."
touch -d "2 hours ago" "$work/backup"
becomes web-backup warning
equal "$(look web.service.consul)" "$HOST"
step "The web server is sick: critical, and out of DNS."
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
becomes web-http critical
eventually "it is out of DNS" '[ -z "$(look web.service.consul)" ]'
step "Its process has gone:"
kill "$process"
becomes web-process critical
