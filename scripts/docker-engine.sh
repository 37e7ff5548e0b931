#!/usr/bin/env bash
# A private Docker engine in a network namespace of its own, for tests: no image registry, no port of this machine touched.
#
#   scripts/docker-engine.sh start FOLDER [INDEX]   starts it; FOLDER/env then sets DOCKER_HOST and DISCO_NETNS
#   scripts/docker-engine.sh run FOLDER COMMAND...  runs COMMAND inside its network namespace with DOCKER_HOST set
#   scripts/docker-engine.sh stop FOLDER            ends it and removes the namespace and FOLDER
#
# INDEX (0-63, default 0) keeps several engines apart: their bridges and namespaces are numbered. Needs root, dockerd, iproute2.
set -euo pipefail

usage() {
	sed -n '2,8p' "$0" | sed 's/^# \{0,1\}//'
	exit 2
}

start() {
	local folder=$1 index=${2:-0}
	mkdir -p "$folder"
	folder=$(cd "$folder" && pwd)
	local namespace="disco-engine-$index-$$"
	ip netns add "$namespace"
	printf '%s\n' "$namespace" >"$folder/netns"
	ip netns exec "$namespace" ip link set lo up
	# Published ports and container DNS need a default route to exist; a veth pair that leads nowhere is enough.
	ip netns exec "$namespace" sh -c "
		ip link add v0 type veth peer name v1
		ip addr add 10.77.$index.2/24 dev v0
		ip link set v0 up && ip link set v1 up
		ip route add default via 10.77.$index.1 dev v0"
	# nsenter, not 'ip netns exec': the latter mounts a new /sys, the cgroup mounts vanish and dockerd refuses to start.
	nsenter --net="/var/run/netns/$namespace" dockerd --data-root "$folder/data" --exec-root "$folder/exec" \
		-H "unix://$folder/docker.sock" --pidfile "$folder/dockerd.pid" --storage-driver overlay2 \
		--log-level warn --bip "172.30.$index.1/24" >"$folder/dockerd.log" 2>&1 </dev/null &
	local launched=$!
	printf 'export DOCKER_HOST=unix://%s/docker.sock\nexport DISCO_NETNS=%s\n' "$folder" "$namespace" >"$folder/env"
	local waited=0
	until DOCKER_HOST="unix://$folder/docker.sock" docker version >/dev/null 2>&1; do
		if ! kill -0 "$launched" 2>/dev/null || [ "$waited" -ge 300 ]; then
			echo "docker-engine: dockerd did not start; the end of its log:" >&2
			tail -n 20 "$folder/dockerd.log" >&2
			stop "$folder"
			exit 1
		fi
		waited=$((waited + 1))
		sleep 0.1
	done
}

run() {
	local folder=$1
	shift
	# shellcheck disable=SC1091
	. "$folder/env"
	exec nsenter --net="/var/run/netns/$DISCO_NETNS" "$@"
}

stop() {
	local folder=$1 pid waited=0
	if [ -f "$folder/dockerd.pid" ]; then
		pid=$(cat "$folder/dockerd.pid")
		kill "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null && [ "$waited" -lt 200 ]; do
			waited=$((waited + 1))
			sleep 0.1
		done
		kill -9 "$pid" 2>/dev/null || true
	fi
	if [ -f "$folder/netns" ]; then ip netns delete "$(cat "$folder/netns")" 2>/dev/null || true; fi
	# Layers of containers that an ended engine left mounted would keep the folder busy.
	awk -v prefix="$folder/" 'index($2, prefix) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount -l 2>/dev/null || true
	rm -rf "$folder"
}

[ $# -ge 2 ] || usage
action=$1
shift
case $action in
start | run | stop) "$action" "$@" ;;
*) usage ;;
esac
