#!/usr/bin/env bash
# Packs the package as npm would and checks what a user gets: the programs start, the client's types resolve.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=node_modules/.bin
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

passed=0
failed=0
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok    $name"
	else
		failed=$((failed + 1))
		printf 'FAIL  %s\n%s\n' "$name" "$output"
	fi
}

npm pack --silent --pack-destination "$folder" >/dev/null
package=$(echo "$folder"/*.tgz)
check "publint" "$bin/publint" run "$package" --strict
check "types resolve (attw)" "$bin/attw" "$package" --profile esm-only
mkdir "$folder/user"
tar -xzf "$package" -C "$folder/user" --strip-components 1
for program in disco disco-registrator disco-template disco-env; do
	check "$program starts from the package" node "$folder/user/dist/$program.js" --version
done
check "no sources, tests or simulations are shipped" bash -c "! tar -tzf '$package' | grep -E '\.(test|sim|bench)\.[cm]?[jt]s|^package/(agent|test|scripts|bench)/'"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
