#!/bin/sh
# Ambassador: a program knows only 127.0.0.1:PORT; disco connect sits there and passes connections on to healthy instances.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent

step "Two instances of web, and disco connect before them; the program asks only $HOST:9100."
for number in 1 2; do
	web "web-$number" "900$number"
	curl -sSf -X PUT "http://$HOST:8500/v1/agent/service/register" -d "{\"ID\": \"web-$number\", \"Name\": \"web\", \"Address\": \"$HOST\",
		\"Port\": 900$number, \"Check\": {\"HTTP\": \"http://$HOST:900$number/health\", \"Interval\": \"200ms\"}}"
done
second=$pid
printf '$ disco connect -listen %s:9100 -service web\n' "$HOST"
start connect disco connect -listen "$HOST:9100" -service web
answers() { for _ in 1 2 3 4 5 6 7 8; do curl -sSf "http://$HOST:9100/"; done | sort | uniq -c | awk '{ print $2 ": " $1 }'; }
eventually "both answer" '[ "$(answers | wc -l)" = 2 ]'
answers

step "One becomes sick: new connections go to the other one."
curl -sSf -X PUT "http://$HOST:9001/break" >/dev/null
eventually "one answers" '[ "$(answers)" = "web-2: 8" ]'
answers
step "It is well again, and the other one is killed at once, without a word to anybody: no request fails."
curl -sSf -X PUT "http://$HOST:9001/mend" >/dev/null
eventually "both answer" '[ "$(answers | wc -l)" = 2 ]'
kill -9 "$second"
answers
equal "$(answers)" "web-1: 8"
