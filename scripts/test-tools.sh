#!/usr/bin/env bash
# Installs what the tests start for real and this machine lacks, then prints the versions.
#
#   apt packages      docker.io haproxy prometheus dnsutils busybox-static iproute2 iptables curl procps zookeeper ... (needs root and apt)
#   peers             consul 1.14.4, serf, consul-template, Docker Compose v2: built with Go from the Go module proxy
#
# Peers are kept in DISCO_TOOLS (default ~/.cache/disco-tools) and built once. With CI set, anything that is still missing at the
# end is a failure; elsewhere it is said, and the tests that need it are skipped visibly (decision 17).
set -euo pipefail

tools=${DISCO_TOOLS:-$HOME/.cache/disco-tools}
bin=$tools/bin
go_version=1.26.0
mkdir -p "$bin"

say() { printf 'tools: %s\n' "$*"; }

# program -> Debian package
packages=(
	"dockerd docker.io" "docker docker.io" "haproxy haproxy" "dig dnsutils" "busybox busybox-static" "ip iproute2"
	"iptables iptables" "nft nftables" "nsenter util-linux" "curl curl" "tar tar" "ps procps" "git git" "openssl openssl" "jq jq" "etcd etcd-server" "nginx nginx-light"
	"dnsmasq dnsmasq-base" "unbound unbound" "named bind9"
	"prometheus prometheus" "check_http monitoring-plugins-basic" "flask python3-flask" "systemd-analyze systemd" "zsh zsh" "fish fish"
)
# ZooKeeper is a jar: no program tells that it is there.
zookeeper_jar=/usr/share/java/zookeeper.jar

install_packages() {
	local entry program package wanted=()
	for entry in "${packages[@]}"; do
		program=${entry% *}
		package=${entry#* }
		PATH=$PATH:/usr/sbin:/sbin:/usr/lib/nagios/plugins command -v "$program" >/dev/null 2>&1 || wanted+=("$package")
	done
	[ -e $zookeeper_jar ] || wanted+=(zookeeper)
	# The images are made of a busybox without shared libraries.
	[ -x /bin/busybox ] || [ ${#wanted[@]} -gt 0 ] || wanted+=(busybox-static)
	[ ${#wanted[@]} -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		say "missing and not installed (needs root and apt): ${wanted[*]}"
		return 0
	fi
	say "installing ${wanted[*]}"
	local log=$tools/apt.log
	# Debian starts installed services; the tests start their own.
	local policy=/usr/sbin/policy-rc.d made_policy=no
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
		made_policy=yes
	fi
	if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${wanted[@]}"; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		say "apt-get failed; its log is $log"
	fi
	[ $made_policy = no ] || rm -f $policy
}

go_is_recent() {
	local version
	version=$("$1" version 2>/dev/null | sed -n 's/^go version go1\.\([0-9]*\).*/\1/p')
	[ -n "$version" ] && [ "$version" -ge 25 ]
}

# Sets `go` to a recent Go. Where only Debian's old one can be had, that one fetches the recent one as the module it is.
ensure_go() {
	local candidate
	for candidate in "$(command -v go || true)" /usr/local/go/bin/go "$tools/go/bin/go"; do
		if [ -n "$candidate" ] && go_is_recent "$candidate"; then
			go=$candidate
			return 0
		fi
	done
	if ! command -v go >/dev/null; then
		if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
			say "no Go to build the peers with"
			return 1
		fi
		say "installing Debian's Go to fetch Go $go_version with"
		DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends golang-go ca-certificates >>"$tools/apt.log" 2>&1 || {
			apt-get update >>"$tools/apt.log" 2>&1
			DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends golang-go ca-certificates >>"$tools/apt.log" 2>&1
		} || return 1
	fi
	local architecture folder
	architecture=$(dpkg --print-architecture 2>/dev/null || echo amd64)
	folder=$(mktemp -d)
	(
		cd "$folder"
		printf 'module fetch\n\ngo 1.19\n' >go.mod
		GOFLAGS=-mod=mod GOPATH=$tools/gopath go mod download "golang.org/toolchain@v0.0.1-go$go_version.linux-$architecture"
	)
	rm -rf "$folder" "$tools/go"
	cp -a "$tools/gopath/pkg/mod/golang.org/toolchain@v0.0.1-go$go_version.linux-$architecture" "$tools/go"
	# A module's files lose their execute bits.
	chmod -R u+w "$tools/go"
	chmod +x "$tools"/go/bin/* "$tools"/go/pkg/tool/*/* 2>/dev/null || true
	go=$tools/go/bin/go
	export GOTOOLCHAIN=local GOPATH=$tools/gopath
	go_is_recent "$go"
}

# build NAME IMPORT MODULE@VERSION: in a throw-away module, since these modules refuse 'go install' (replace directives).
build() {
	local name=$1 import=$2 module=$3 folder=$tools/src/$1
	[ -x "$bin/$name" ] && return 0
	ensure_go || return 1
	say "building $name ($module); a few minutes the first time"
	mkdir -p "$folder"
	cat >"$folder/go.mod" <<-'MOD'
		module peers

		go 1.24

		exclude (
			github.com/hashicorp/go-msgpack v1.1.5
			github.com/hashicorp/go-msgpack v1.1.6
		)
	MOD
	printf '//go:build tools\n\npackage peers\n\nimport _ "%s"\n' "$import" >"$folder/tools.go"
	if ! (cd "$folder" && "$go" get "$module" && GOFLAGS='-mod=mod -buildvcs=false' "$go" build -o "$bin/$name.new" "$import") >"$tools/$name.log" 2>&1; then
		tail -n 20 "$tools/$name.log" >&2
		return 1
	fi
	mv "$bin/$name.new" "$bin/$name"
}

# What stands in Prometheus' module and is no program there: Debian's Prometheus is built without it.
build_discovery() {
	local folder=$tools/src/prometheus-discovery
	[ -x "$bin/prometheus-discovery" ] && return 0
	ensure_go || return 1
	say "building prometheus-discovery; a few minutes the first time"
	mkdir -p "$folder"
	cp "$(dirname "$0")/../test/examples/prometheus-discovery/main.go" "$folder"
	printf 'module discovery\n\ngo 1.24\n' >"$folder/go.mod"
	if ! (cd "$folder" && "$go" get github.com/prometheus/prometheus@v0.302.1 && GOFLAGS='-mod=mod -buildvcs=false' "$go" build -o "$bin/prometheus-discovery" .) >"$tools/prometheus-discovery.log" 2>&1; then
		tail -n 20 "$tools/prometheus-discovery.log" >&2
		return 1
	fi
}

install_packages
build consul github.com/hashicorp/consul github.com/hashicorp/consul@v1.14.4 || say "consul could not be built"
build serf github.com/hashicorp/serf/cmd/serf github.com/hashicorp/serf@v0.10.2 || say "serf could not be built"
build docker-compose github.com/docker/compose/v2/cmd github.com/docker/compose/v2@v2.40.3 || say "docker-compose could not be built"
build consul-template github.com/hashicorp/consul-template github.com/hashicorp/consul-template@v0.42.1 ||
	build consul-template github.com/hashicorp/consul-template github.com/hashicorp/consul-template@v0.41.1 ||
	say "consul-template could not be built"

build_discovery || say "prometheus-discovery could not be built"

PATH=$bin:$PATH:/usr/sbin:/sbin:/usr/lib/nagios/plugins
missing=()
version() {
	local name=$1
	shift
	if command -v "$name" >/dev/null 2>&1; then
		say "$name: $("$@" 2>&1 | head -n 1)"
	else
		say "$name: missing"
		missing+=("$name")
	fi
}
version node node --version
version dockerd dockerd --version
version docker docker --version
version docker-compose docker-compose version
version haproxy haproxy -v
version dig dig -v
version busybox busybox --help
version ip ip -V
version iptables iptables --version
version nft nft --version
version nsenter nsenter --version
version curl curl --version
version openssl openssl version
version etcd etcd --version
version nginx nginx -v
version dnsmasq dnsmasq --version
version unbound unbound -V
version named named -v
version java java -version
if [ -e $zookeeper_jar ]; then
	say "zookeeper: $(dpkg-query -W -f='${Version}' zookeeper 2>/dev/null || echo "$zookeeper_jar")"
else
	say "zookeeper: missing"
	missing+=(zookeeper)
fi
version prometheus prometheus --version
version check_http check_http --version
version flask flask --version
version systemd-analyze systemd-analyze --version
version consul consul version
version serf serf version
version consul-template consul-template -v
version prometheus-discovery echo "of Prometheus 3.2"

if [ ${#missing[@]} -gt 0 ] && [ -n "${CI:-}" ]; then
	say "missing in CI: ${missing[*]}"
	exit 1
fi
