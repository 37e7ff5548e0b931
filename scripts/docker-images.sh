#!/usr/bin/env bash
# Makes the public base images that the Dockerfile names out of files this machine has, for an engine that reaches no registry:
#
#   node:22-bookworm-slim   this machine's Node (the tag is only what the Dockerfile asks for), busybox
#   haproxy:2.6-bookworm    Debian's HAProxy, busybox, and the libraries Node needs (as in the real image)
#   busybox:static
#
# Talks to DOCKER_HOST. Images that exist already are left alone. Needs apt's busybox-static and haproxy.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# closure ROOT FILE...: copies programs with the shared libraries they need.
closure() {
	local root=$1 file library
	shift
	for file in "$@"; do
		mkdir -p "$root$(dirname "$file")"
		cp -aL "$file" "$root$file"
		libraries "$root" "$file"
	done
}

libraries() {
	local root=$1 file=$2 library
	{ ldd "$file" 2>/dev/null || true; } | { grep -oE '/[^ )]+' || true; } | sort -u | while read -r library; do
		mkdir -p "$root$(dirname "$library")"
		[ -e "$root$library" ] || cp -aL "$library" "$root$library"
	done
}

# base ROOT: a minimal Debian-like tree with busybox for a shell.
base() {
	local root=$1
	closure "$root" /bin/busybox
	mkdir -p "$root"/{etc/ssl/certs,tmp,root,run,var/lib,usr/bin,usr/local/bin,usr/sbin,sbin}
	chmod 1777 "$root/tmp"
	chroot "$root" /bin/busybox --install -s /bin
	ln -sf /bin/env "$root/usr/bin/env"
	if [ -f /etc/ssl/certs/ca-certificates.crt ]; then cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"; fi
	printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\nhaproxy:x:99:99::/var/lib/haproxy:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnode:x:1000:\nhaproxy:x:99:\n' >"$root/etc/group"
}

missing() { ! docker image inspect "$1" >/dev/null 2>&1; }

import() {
	local root=$1 tag=$2
	shift 2
	tar -C "$root" -c . | docker import -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$@" - "$tag" >/dev/null
	echo "made $tag"
}

node_program=$(readlink -f "$(command -v node)")

if missing node:22-bookworm-slim; then
	root=$work/node
	base "$root"
	cp -L "$node_program" "$root/usr/local/bin/node"
	libraries "$root" "$node_program"
	mkdir -p "$root/home/node"
	chown 1000:1000 "$root/home/node"
	import "$root" node:22-bookworm-slim -c 'CMD ["node"]'
	echo "node:22-bookworm-slim holds node $(node -v)"
fi

if missing haproxy:2.6-bookworm; then
	root=$work/haproxy
	base "$root"
	closure "$root" /usr/sbin/haproxy
	libraries "$root" "$node_program"
	mkdir -p "$root"/usr/local/{sbin,etc/haproxy} "$root/var/lib/haproxy"
	ln -s /usr/sbin/haproxy "$root/usr/local/sbin/haproxy"
	chown 99:99 "$root/var/lib/haproxy"
	import "$root" haproxy:2.6-bookworm -c 'USER haproxy' -c 'CMD ["haproxy","-W","-db","-f","/usr/local/etc/haproxy/haproxy.cfg"]'
fi

if missing busybox:static; then
	root=$work/busybox
	base "$root"
	import "$root" busybox:static -c 'CMD ["sh"]'
fi
