#!/usr/bin/env bash
# Debian's ZooKeeper in the foreground, for tests: scripts/zookeeper.sh FOLDER ADDRESS [PORT]
# Its data go to FOLDER; SESSION_MS_MAX shortens how long it waits for a client that fell silent; it ends when it is told to (SIGTERM).
# `scripts/zookeeper.sh ask ADDRESS [PORT]` succeeds once it serves.
set -euo pipefail

if [ "$1" = ask ]; then
	exec 3<>"/dev/tcp/$2/${3:-2181}"
	printf srvr >&3
	timeout 2 grep -q '^Mode:' <&3
	exit
fi

mkdir -p "$1"
folder=$(cd "$1" && pwd)
cat >"$folder/zoo.cfg" <<-EOF_CFG
tickTime=500
maxSessionTimeout=${SESSION_MS_MAX:-60000}
dataDir=$folder/data
clientPort=${3:-2181}
clientPortAddress=$2
admin.enableServer=false
4lw.commands.whitelist=srvr
EOF_CFG
exec java -Xmx128m -cp /usr/share/java/zookeeper.jar -Dzookeeper.jmx.log4j.disable=true -Dzookeeper.log.dir="$folder" \
	org.apache.zookeeper.server.quorum.QuorumPeerMain "$folder/zoo.cfg"
