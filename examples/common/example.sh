# What the examples share, for POSIX sh: the programs, an agent, waiting, and an end that leaves nothing behind.
#
#   . "$(dirname "$0")/../common/example.sh"
#
# HOST (127.0.0.1) is where everything of the example listens; HOST=127.0.0.2 keeps clear of an agent that runs already.
# DISCO_DIST (dist/) is where the programs are taken from unless they are on PATH.
# shellcheck shell=sh
HOST=${HOST:-127.0.0.1}
export HOST
root=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck disable=SC2034 # for the examples
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=""

mkdir "$work/bin"
for program in disco disco-registrator disco-template disco-env; do
	command -v $program >/dev/null || ln -s "${DISCO_DIST:-$root/dist}/$program.js" "$work/bin/$program"
done
# The parts of Debian's HAProxy, nginx and monitoring plugins are not on everybody's PATH.
PATH=$work/bin:$PATH:/usr/sbin:/usr/lib/nagios/plugins

# What an example has to undo itself; one that has redefines it.
undo() { :; }

finish() {
	status=$?
	trap - EXIT INT TERM PIPE
	undo
	if [ $status != 0 ]; then
		for log in "$work"/*.log; do
			[ ! -s "$log" ] || { printf -- '--- %s\n' "${log##*/}" && tail -n 20 "$log"; } >&2
		done
	fi
	for started in $pids; do kill "$started" 2>/dev/null || true; done
	wait
	rm -rf "$work"
	exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Whoever reads along may have left (| head).
trap 'exit 141' PIPE

# start NAME COMMAND...: runs in the background until the example ends; its output is $work/NAME.log, its process id $pid.
start() {
	log=$work/$1.log
	shift
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	pids="$pid $pids"
}

# agent [OPTION...]: an agent in development mode, with its HTTP API at $HOST:8500 and DNS at $HOST:8600.
agent() {
	if curl -s -o /dev/null "http://$HOST:8500/"; then
		echo "something listens on $HOST:8500 already; run this with HOST=127.0.0.2" >&2
		exit 1
	fi
	start agent disco agent -dev -node consul -bind "$HOST" -client "$HOST" -log-level warn "$@"
	export CONSUL_HTTP_ADDR="$HOST:8500"
	eventually "the agent" 'curl -sf "$HOST:8500/v1/health/service/consul" | grep -q ServiceName'
}

# web NAME PORT: a web server that answers with its name; PUT /break makes it sick (503), PUT /mend well again. Its process id is $pid.
web() {
	start "$1" node "$root/examples/common/web.mjs" "$1" "$HOST" "$2"
	listening="http://$HOST:$2/"
	eventually "$1 at $listening" 'curl -s -o /dev/null "$listening"'
}

# many COUNT URL [CURL OPTION...]: asks so often, and prints the answers.
many() {
	count=$1 url=$2
	shift 2
	for _ in $(seq "$count"); do printf 'url = "%s"\n' "$url"; done | curl -sSf -K - "$@"
}

# eventually WHAT CONDITION: asks again and again until the condition (shell text) holds; gives up after half a minute.
eventually() {
	tries=0
	until eval "$2" >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ $tries -ge 300 ]; then
			echo "not seen: $1" >&2
			exit 1
		fi
		sleep 0.1
	done
}

# equal FOUND WANTED: ends the example when they differ.
equal() {
	if [ "$1" != "$2" ]; then
		printf 'found: %s\nwanted: %s\n' "$1" "$2" >&2
		exit 1
	fi
}

step() { printf '\n%s\n' "$*"; }

# show COMMAND...: prints the command and runs it.
show() {
	printf '$ %s\n' "$*"
	"$@"
}

# look NAME [TYPE]: what the agent's DNS answers, sorted. show_dns prints the question, too.
look() { dig +short +time=2 +tries=2 "@$HOST" -p 8600 "$@" | sort; }
show_dns() {
	printf '$ dig +short @%s -p 8600 %s\n' "$HOST" "$*"
	look "$@"
}

# ask PATH [FILTER]: what the agent's API answers, by jq. show_api prints the question, too.
ask() { curl -sSf "http://$HOST:8500/v1$1" | jq -c "${2:-.}"; }
show_api() {
	printf "$ curl '%s:8500/v1%s'%s\n" "$HOST" "$1" "${2:+ | jq '$2'}"
	ask "$@"
}
