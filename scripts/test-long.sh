#!/usr/bin/env bash
# The long suite: the same tests with other random seeds, and with the lengths that a commit's run cannot afford (DISCO_LONG=1).
# scripts/test-long.sh [VITEST ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

export DISCO_LONG=1
rounds=${ROUNDS:-5}
for round in $(seq "$rounds"); do
	export PROPERTY_SEED=$(($(date +%s) + round))
	echo "round $round of $rounds, PROPERTY_SEED=$PROPERTY_SEED"
	npx vitest run --project unit --project sim "$@"
done

# 10,000 simulated members: a process of its own with the heap it needs, once; a replay of its first seconds. 100 that are killed are a
# million suspicions, more than 15 minutes: that step has 2,000 members.
if [ $# = 0 ]; then
	npm run --silent sim:large -- --nodes 10000 --steps event,leave,join
	npm run --silent sim:large -- --nodes 2000
	first=$(npm run --silent sim:large -- --nodes 10000 --steps event | grep '^trace')
	again=$(npm run --silent sim:large -- --nodes 10000 --steps event | grep '^trace')
	[ "$first" = "$again" ] || { echo "10,000 members: the same seed is not the same run"; exit 1; }
fi

# Tests of real programs have their long form once.
if [ $# = 0 ]; then
	node scripts/build.mjs
	mapfile -t long < <(grep -rl DISCO_LONG test --include='*.test.ts' | grep -v '^test/docker/')
	npx vitest run --project e2e "${long[@]}"
	# Containers: a Docker engine of its own, with images of what was built.
	bash scripts/test.sh docker
fi
