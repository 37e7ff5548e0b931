#!/bin/sh
# A sidekick of two lines: announce with a time-to-live, then report as long as the service answers. sidekick.sh NAME PORT
set -eu
api=http://$CONSUL_HTTP_ADDR/v1/agent id=$1-$2
curl -sSf -X PUT "$api/service/register" -d "{\"ID\": \"$id\", \"Name\": \"$1\", \"Address\": \"$HOST\", \"Port\": $2, \"Check\": {\"CheckID\": \"$id\", \"TTL\": \"5s\"}}"
while :; do ! curl -sf -o /dev/null "http://$HOST:$2/health" || curl -sSf -X PUT "$api/check/pass/$id"; sleep 1; done
