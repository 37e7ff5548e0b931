#!/usr/bin/env bash
# Runs a command beside a systemd of its own (systemctl --user), in namespaces of its own: where the tests run, systemd is no process 1.
# Needs root and the package systemd. private-systemd.sh COMMAND...
set -euo pipefail
if [ "${1:-}" != --inside ]; then
	# Process 1 of the namespace is this script: with it everything that systemd started is gone.
	exec unshare --mount --pid --fork --mount-proc --cgroup --kill-child=KILL bash "$0" --inside "$@"
fi
shift
mount --make-rprivate /
mount -t tmpfs tmpfs /run
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/systemd/system /run/user /run/home
export XDG_RUNTIME_DIR=/run/user HOME=/run/home
/lib/systemd/systemd --user --log-target=console --log-level=err --unit=basic.target >/run/systemd.log 2>&1 &
for _ in $(seq 200); do
	[ ! -S /run/user/systemd/private ] || break
	sleep 0.05
done
systemctl --user show --property=Version >/dev/null || { cat /run/systemd.log >&2; exit 1; }
"$@"
