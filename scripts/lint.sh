#!/usr/bin/env bash
# Everything that reads the sources without running them. Each check is one test: prints `N passed, N failed` last.
# knip runs before a build would: it follows dist's declarations otherwise.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=node_modules/.bin

# shellcheck source=scripts/check.sh
source scripts/check.sh

folders=()
for folder in agent client lib registrator template envconsul; do
	[ -n "$(find "$folder" -name '*.ts' -print -quit 2>/dev/null)" ] && folders+=("$folder")
done

check "format and general lint (biome)" "$bin/biome" ci --colors=off --error-on-warnings .
check "types (tsc)" "$bin/tsc" --noEmit
check "promises, switches, deterministic core (eslint)" "$bin/eslint" --max-warnings 0 .
check "arrows between folders (dependency-cruiser)" "$bin/depcruise" --config .dependency-cruiser.cjs "${folders[@]}"
check "dead code and dependencies (knip)" "$bin/knip" --no-progress
check "docs/client.md is what client/ exports" node --import tsx scripts/client-document.ts --check
check "shell scripts parse" bash -c 'for script in scripts/*.sh .ci/run; do bash -n "$script" || exit 1; done'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
