#!/bin/sh
# Balancing with nothing but DNS, in five steps: containers find two web servers by name, and only the healthy one while the other
# is down. Needs docker and an agent that answers on the address of Docker's bridge, port 53:
#
#   disco agent -dev -client 172.17.0.1 -dns-port 53 &
#   BRIDGE=172.17.0.1 sh examples/nginx-dns/steps.sh
#
# Asks with dig, too. WEB_IMAGE and WEB_COMMAND choose another web server, CLIENT_IMAGE another client (any image with nslookup).
set -eu

bridge=${BRIDGE:-172.17.0.1}
web_image=${WEB_IMAGE:-nginx}
web_command=${WEB_COMMAND:-}
client_image=${CLIENT_IMAGE:-busybox}
api=http://$bridge:8500/v1

step() { printf '\n%s\n' "$*"; }
cleanup() {
	for name in nginx1 nginx2; do
		docker rm -f "disco-$name" >/dev/null 2>&1 || true
		curl -sSf -X PUT "$api/agent/service/deregister/$name" || true
	done
}
trap cleanup EXIT

# start NAME: runs a web server and registers it with a check.
start() {
	# shellcheck disable=SC2086
	docker run -d --name "disco-$1" "$web_image" $web_command >/dev/null
	address=$(docker inspect -f '{{.NetworkSettings.IPAddress}}' "disco-$1")
	curl -sSf -X PUT "$api/agent/service/register" -d "{\"ID\": \"$1\", \"Name\": \"nginx\", \"Address\": \"$address\", \"Port\": 80,
		\"Check\": {\"TCP\": \"$address:80\", \"Interval\": \"1s\", \"Timeout\": \"500ms\"}}"
}

# What a container sees: the addresses behind the name, sorted.
ask() {
	docker run --rm --dns "$bridge" --dns-search service.consul "$client_image" nslookup nginx.service.consul 2>/dev/null |
		sed -n '/^Name:/,$ s/^Address[^:]*: *\([0-9.]*\).*/\1/p' | sort -u || true
}

# expect COUNT: asks until COUNT addresses are there, and prints them.
expect() {
	tries=0
	until [ "$(ask | grep -c .)" = "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || { echo "not seen: $1 addresses" >&2; ask >&2; exit 1; }
		sleep 0.5
	done
	ask
}

step "1. Two web servers start and are registered, each with a check."
start nginx1
start nginx2
step "2. A container asks for nginx.service.consul: both."
expect 2
step "3. With ports (SRV), from the agent's own machine."
dig +short "@$bridge" nginx.service.consul SRV
step "4. One goes down: only the healthy one is left."
docker stop -t 1 disco-nginx2 >/dev/null
expect 1
step "5. It comes back: both again."
docker start disco-nginx2 >/dev/null
expect 2
