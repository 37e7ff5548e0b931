#!/bin/sh
# Docker's own names and disco's, side by side: what an alias does, and what it lacks. Needs docker and an agent on the bridge's address:
#
#   disco agent -dev -client 172.17.0.1 -dns-port 53 &
#   disco-registrator -internal consul://172.17.0.1:8500 &
#   BRIDGE=172.17.0.1 sh examples/docker-dns/run.sh
#
# WEB_IMAGE and WEB_COMMAND choose another web server, CLIENT_IMAGE another client (any image with nslookup).
set -eu

bridge=${BRIDGE:-172.17.0.1}
web_image=${WEB_IMAGE:-nginx}
web_command=${WEB_COMMAND:-}
client_image=${CLIENT_IMAGE:-busybox}

step() { printf '\n%s\n' "$*"; }
cleanup() {
	docker rm -f fe-nginx1 fe-nginx2 >/dev/null 2>&1 || true
	docker network rm fe >/dev/null 2>&1 || true
}
trap cleanup EXIT
cleanup

# start NAME: docker run with an alias, as Docker's documentation has it, and a name for the registrator.
start() {
	# shellcheck disable=SC2086
	docker run -d --name="fe-$1" --net=fe --net-alias=nginxnet -e SERVICE_80_NAME=nginx \
		-e SERVICE_80_CHECK_TCP=true -e SERVICE_80_CHECK_INTERVAL=1s --expose 80 "$web_image" $web_command >/dev/null
}
# The addresses that a container in the network sees behind a name, sorted. Docker's resolver comes first and passes on what it does not know.
ask() {
	docker run --rm --net=fe --dns "$bridge" "$client_image" nslookup "$1" 2>/dev/null |
		sed -n '/^Name:/,$ s/^Address[^:]*: *\([0-9.]*\).*/\1/p' | sort -u || true
}
# expect NAME COUNT: until so many addresses are there; prints them.
expect() {
	tries=0
	until [ "$(ask "$1" | grep -c .)" = "$2" ]; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || { echo "not seen: $2 addresses of $1" >&2; ask "$1" >&2; exit 1; }
		sleep 0.5
	done
	ask "$1"
}

docker network create fe >/dev/null
step "1. Two containers with the same alias; a third one asks Docker's DNS for it."
start nginx1
start nginx2
expect nginxnet 2
step "2. The same by disco, which the registrator told of them (here the container's resolver passes the question on)."
expect nginx.service.consul 2
step "3. Ports: Docker's names have none; disco answers with them."
dig +short "@$bridge" nginx.service.consul SRV
step "4. The web server of one hangs (its container runs on): Docker's alias still names both, disco only the healthy one."
docker pause fe-nginx2 >/dev/null
expect nginx.service.consul 1
echo "nginxnet:"
expect nginxnet 2
step "5. It goes on:"
docker unpause fe-nginx2 >/dev/null
expect nginx.service.consul 2
