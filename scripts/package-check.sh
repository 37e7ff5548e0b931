#!/usr/bin/env bash
# Packs the package as npm would, installs it in a new project and checks what a user gets: the programs start, the client's types
# resolve, and the examples of docs/client.md compile and run against an agent from the package.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/node_modules/.bin
folder=$(mktemp -d)
user=$folder/user
agent=
finish() {
	[ -z "$agent" ] || { kill -INT "$agent" && wait "$agent"; } 2>/dev/null
	rm -rf "$folder"
}
trap finish EXIT

# shellcheck source=scripts/check.sh
source scripts/check.sh

npm pack --silent --pack-destination "$folder" >/dev/null
package=$(echo "$folder"/*.tgz)
check "publint" "$bin/publint" run "$package" --strict
check "types resolve (attw)" "$bin/attw" "$package" --profile esm-only
check "no sources, tests or simulations are shipped" bash -c "! tar -tzf '$package' | grep -E '\.(test|sim|bench)\.[cm]?[jt]s|^package/(agent|test|scripts|bench)/'"

mkdir "$user"
echo '{ "name": "user", "private": true, "type": "module" }' >"$user/package.json"
check "npm installs it" npm install --prefix "$user" --prefer-offline --no-audit --no-fund --ignore-scripts "$package"
for program in disco disco-registrator disco-template disco-env; do
	check "$program starts from the package" "$user/node_modules/.bin/$program" --version
done

check "docs/client.md has examples" node scripts/package-user.mjs "$user"
mkdir -p "$user/node_modules/@types"
for types in node undici-types; do
	[ ! -d "node_modules/@types/$types" ] || ln -sfn "$PWD/node_modules/@types/$types" "$user/node_modules/@types/$types"
	[ ! -d "node_modules/$types" ] || ln -sfn "$PWD/node_modules/$types" "$user/node_modules/$types"
done
for way in node16 bundler; do
	check "a user's project compiles with moduleResolution $way, our declarations too" "$bin/tsc" -p "$user/tsconfig.$way.json"
done

address=127.75.1.9:8500
"$user/node_modules/.bin/disco" agent -dev -bind 127.75.1.9 -client 127.75.1.9 -log-level=warn >"$folder/agent.log" 2>&1 &
agent=$!
for _ in $(seq 100); do
	curl -sf "http://$address/v1/status/leader" | grep -q : && break
	sleep 0.1
done
export CONSUL_HTTP_ADDR=$address
for example in "$user"/example-*.ts; do
	name=$(basename "$example" .ts)
	check "$name runs as compiled" node "$user/out/$name.js"
	"$bin/esbuild" "$example" --bundle --platform=node --format=esm --target=node20 --log-level=error --outfile="$user/bundled/$name.mjs"
	check "$name runs as a bundle" node "$user/bundled/$name.mjs"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
