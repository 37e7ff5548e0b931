#!/usr/bin/env bash
# Builds dist/ and the images: disco, disco-registrator, disco-haproxy, disco-demo-api, disco-demo. Arguments go to `docker build`
# (for example --build-arg NODE_IMAGE=node:24-bookworm-slim).
set -euo pipefail
cd "$(dirname "$0")/.."

[ "${SKIP_BUILD:-}" = 1 ] || npm run --silent build
for image in disco:disco registrator:disco-registrator haproxy:disco-haproxy demo-api:disco-demo-api demo:disco-demo; do
	docker build --quiet --target "${image%%:*}" --tag "${image#*:}" "$@" . >/dev/null
	echo "built ${image#*:}"
done
