#!/bin/sh
# Leader election: of several equal workers one leads; when it goes or dies, another one does.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent

step "1. Any program, without a line of code: disco lock runs it only while the lock is held."
for number in 1 2; do
	start "plain-$number" disco lock plain/leader "echo plain-$number leads >>$work/plain; exec sleep 1000"
	eval "plain_$number=$pid"
	eventually "plain-$number waits or leads" "[ \"\$(ask /session/list length)\" = $number ]"
done
eventually "one leads" '[ -s "$work/plain" ]'
first=$(sed -n 's/plain-\(.\) leads/\1/p' "$work/plain")
echo "the leader is asked to end: the next one begins"
eval "kill \$plain_$first"
eventually "the other one leads" '[ "$(wc -l <"$work/plain")" = 2 ]'
show cat "$work/plain"
equal "$(sort -u "$work/plain" | wc -l)" 2

step "2. In the program (worker.mjs): three workers, the session tied to the worker's own check."
for number in 1 2 3; do
	start "worker-$number" node "$here/worker.mjs" "worker-$number" "$HOST" "900$number"
	eval "worker_$number=$pid"
done
# The leader's name, while its session is alive.
leader() { ask "/kv/workers/leader" '.[0] | select(.Session) | .Value | @base64d' | tr -d '"'; }
eventually "a leader" '[ -n "$(leader)" ]'
first=$(leader)
echo "$first leads"
step "It dies without a word (kill -9):"
eval "kill -9 \$worker_${first#worker-}"
eventually "another leader" '[ -n "$(leader)" ] && [ "$(leader)" != "$first" ]'
echo "$(leader) leads"
step "Everybody who wants to know asks the key, or waits for it to change:"
show disco kv get workers/leader
