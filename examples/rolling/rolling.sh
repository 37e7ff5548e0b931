#!/bin/sh
# Replaces the containers of a Compose service one after the other, and nobody's request fails: see README.md.
#
#   sh rolling.sh SERVICE
#
# Works on the Compose project that `docker compose` would work on here. From the environment:
#   CONSUL_HTTP_ADDR (127.0.0.1:8500), CONSUL_HTTP_TOKEN   the registry
#   CATALOG_NAME (SERVICE)                                 the service's name there
#   GRACE (30)                                             seconds a container gets to finish what it does
#   PATIENCE (60)                                          seconds a container gets to become healthy, or to leave the registry
# Exit status: 0 all are replaced; 1 one could not be, and those not yet replaced go on as they were; 2 wrong call.
set -eu

[ $# -eq 1 ] || { sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2; }
service=$1
name=${CATALOG_NAME:-$service}
registry=${CONSUL_HTTP_ADDR:-127.0.0.1:8500}
case $registry in *://*) ;; *) registry=http://$registry ;; esac
grace=${GRACE:-30}
patience=${PATIENCE:-60}

say() { printf 'rolling: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }

# ask PATH: what the registry answers. The token goes through standard input, not through the process list.
ask() {
	{ [ -z "${CONSUL_HTTP_TOKEN:-}" ] || printf 'header = "X-Consul-Token: %s"\n' "$CONSUL_HTTP_TOKEN"; } |
		curl -sSf --max-time 5 -K - "$registry/v1/$1"
}

# listed PATH CONTAINER: 0 it is in the answer, 1 it is not, 2 there is none. The registrator's ids are OWNER:CONTAINER:PORT.
listed() {
	answer=$(ask "$1") || return 2
	case $answer in *":$2:"*) return 0 ;; *) return 1 ;; esac
}
is_healthy() { listed "health/service/$name?passing" "$1"; }
is_gone() {
	listed "catalog/service/$name" "$1" && return 1
	[ $? -eq 1 ]
}

# within_patience COMMAND...: runs it until it succeeds.
within_patience() {
	end=$(($(date +%s) + patience))
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.2
	done
}

running() { docker compose ps -q "$service"; }
container_name() { docker inspect -f '{{.Name}}' "$1" | tr -d /; }

old=$(running)
[ -n "$old" ] || fail "no container of $service runs here; start it with: docker compose up -d $service"
count=$(printf '%s\n' "$old" | wc -l)

for container in $old; do
	before=$(docker compose ps -aq "$service")
	docker compose up -d --no-deps --no-recreate --scale "$service=$((count + 1))" "$service" >/dev/null 2>&1 ||
		fail "docker compose could not start another container of $service"
	new=
	for candidate in $(docker compose ps -aq "$service"); do
		case $before in *"$candidate"*) ;; *) new=$candidate ;; esac
	done
	[ -n "$new" ] || fail "docker compose started no other container of $service; stopped ones are in its way: docker compose rm $service"
	new_name=$(container_name "$new")
	if ! within_patience is_healthy "$new_name"; then
		docker logs --tail 10 "$new" >&2 || true
		docker rm -f "$new" >/dev/null
		fail "$new_name was not healthy within $patience s and is removed; what ran before goes on"
	fi
	old_name=$(container_name "$container")
	# The stop signal makes the registrator drain it; Docker waits until it has ended.
	docker stop -t "$grace" "$container" >/dev/null
	within_patience is_gone "$old_name" || fail "$old_name has ended and is still in the registry; does the registrator run?"
	docker rm "$container" >/dev/null
	say "$old_name is replaced by $new_name"
done
