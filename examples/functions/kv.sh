#!/bin/sh
# Keys and values: write, read, list, change only if nobody else did, several as one step, and what was there before.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent -hcl 'kv_history { "service/" = "20" }'
api=http://$HOST:8500/v1

step "A setting, with curl as the command line's 'disco kv' does it, too."
show curl -sS -X PUT -d 50000 "$api/kv/global/config/hazelcast/client/connection_timeout"
echo
show curl -sS "$api/kv/global/config/hazelcast/client/connection_timeout?raw"
echo
show disco kv put service/api/prod/DB_HOST 10.0.0.5
show disco kv put service/api/prod/DB_PORT 5432
show disco kv get service/api/prod/DB_HOST
step "Below a prefix, names only, as a tree:"
show disco kv get -recurse service/
show disco kv get -keys -separator=/ service/api/
show curl -sS "$api/kv/?keys"
echo

step "Only if nobody wrote since I read (check-and-set): the second writer with the same index is refused."
index=$(disco kv get -detailed service/api/prod/DB_PORT | awk '$1 == "ModifyIndex" { print $2 }')
show disco kv put -cas -modify-index="$index" service/api/prod/DB_PORT 5433
if disco kv put -cas -modify-index="$index" service/api/prod/DB_PORT 1; then exit 1; fi
step "Both or none (a transaction):"
curl -sSf -X PUT "$api/txn" -d '[{"KV": {"Verb": "set", "Key": "pair/a", "Value": "MQ=="}},
	{"KV": {"Verb": "set", "Key": "pair/b", "Value": "MQ=="}}]' | jq -c '.Results[].KV.Key'

step "What was there before (kv_history keeps 20 revisions of each key below service/), and back to it:"
show disco kv log service/api/prod/DB_PORT
show disco kv rollback -index="$index" service/api/prod/DB_PORT
equal "$(disco kv get service/api/prod/DB_PORT)" 5432
step "Out and in again, and away:"
disco kv export service/ >"$work/export.json"
show disco kv delete -recurse service/
show disco kv import "@$work/export.json"
show disco kv get service/api/prod/DB_HOST
