#!/bin/sh
# Locks: one at a time in the whole cluster, three at a time, and what happens when the holder dies.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent

step "Five programs add one to the same number, each under the lock: nothing is lost."
echo 0 >"$work/number"
adders=""
for _ in 1 2 3 4 5; do
	disco lock jobs/add "number=\$(cat $work/number); sleep 0.05; echo \$((number + 1)) >$work/number" &
	adders="$adders $!"
done
for adder in $adders; do wait "$adder"; done
show cat "$work/number"
equal "$(cat "$work/number")" 5

step "At most two of four at once (a semaphore):"
mkdir "$work/running"
crawlers=""
for number in 1 2 3 4; do
	disco lock -n 2 jobs/crawl "touch $work/running/$number; ls $work/running | wc -l >>$work/counts; sleep 0.3; rm $work/running/$number" &
	crawlers="$crawlers $!"
done
for crawler in $crawlers; do wait "$crawler"; done
equal "$(wc -l <"$work/counts")" 4
equal "$(sort -n "$work/counts" | tail -n 1)" 2
echo "four ran, never more than two at once"

step "By hand, as a program in any language does it: a session, and a key that belongs to it."
session=$(curl -sSf -X PUT "http://$HOST:8500/v1/session/create" -d '{"Name": "me", "TTL": "10s", "LockDelay": "0s"}' | jq -r .ID)
other=$(curl -sSf -X PUT "http://$HOST:8500/v1/session/create" -d '{"Name": "you", "LockDelay": "0s"}' | jq -r .ID)
acquire() { curl -sSf -X PUT -d "$1" "http://$HOST:8500/v1/kv/jobs/leader?acquire=$2"; }
equal "$(acquire me "$session")" true
equal "$(acquire you "$other")" false
show disco kv get -detailed jobs/leader
echo "I die (my session ends): the lock is free, and the other one takes it."
curl -sSf -X PUT "http://$HOST:8500/v1/session/destroy/$session" >/dev/null
equal "$(acquire you "$other")" true
equal "$(disco kv get jobs/leader)" you
