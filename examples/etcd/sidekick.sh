#!/bin/sh
# Sidekick of a service: as long as the service answers, its place stands in etcd with a time-to-live; else it is taken out.
# Written by hand once per machine in the days of fleet; disco-registrator does the same without it.
#   sidekick.sh NAME ADDRESS PORT   (ETCD, a URL; PAUSE and TTL in seconds)
set -eu
name=$1 address=$2 port=$3
etcd=${ETCD:-http://127.0.0.1:2379} pause=${PAUSE:-20} ttl=${TTL:-30}
base64_of() { printf %s "$1" | base64 -w 0; }
key=$(base64_of "/services/$name/$address:$port")
value=$(base64_of "{\"host\": \"$(hostname)\", \"ipv4_addr\": \"$address\", \"port\": $port}")
out() { curl -sS -o /dev/null -X POST "$etcd/v3/kv/deleterange" -d "{\"key\": \"$key\"}"; }
trap 'out; exit 0' TERM INT
while :; do
	if curl -sf -o /dev/null "http://$address:$port/health"; then
		lease=$(curl -sSf -X POST "$etcd/v3/lease/grant" -d "{\"TTL\": $ttl}" | sed 's/.*"ID":"\([0-9]*\)".*/\1/')
		curl -sSf -o /dev/null -X POST "$etcd/v3/kv/put" -d "{\"key\": \"$key\", \"value\": \"$value\", \"lease\": $lease}"
	else
		out
	fi
	sleep "$pause" &
	wait $!
done
