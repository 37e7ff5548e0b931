#!/usr/bin/env bash
# The test command: installs what the tests need, builds, runs every lane, prints `N passed, N failed` last.
# Arguments choose lanes by name (see scripts/test.mjs): scripts/test.sh unit dns
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${DISCO_TOOLS:-$HOME/.cache/disco-tools}
bash scripts/test-tools.sh
PATH=$tools/bin:$PATH:/usr/sbin:/sbin exec node scripts/test.mjs "$@"
