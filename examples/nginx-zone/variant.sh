#!/bin/sh
# sh variant.sh: prints zone.conf if nginx (NGINX_PROGRAM, else the one on PATH) can follow SRV records in an upstream, else variable.conf.
# It can since 1.27.3; its commercial edition before that calls itself "nginx-plus".
set -eu
version=$("${NGINX_PROGRAM:-nginx}" -v 2>&1)
case $version in *nginx-plus*) echo zone.conf && exit ;; esac
number=$(printf '%s\n' "$version" | sed -n 's|.*nginx/\([0-9]*\)\.\([0-9]*\)\.\([0-9]*\).*|\1 \2 \3|p')
# shellcheck disable=SC2086
set -- $number
[ $# -eq 3 ] || { echo "variant.sh: what version is this: $version" >&2; exit 1; }
if [ $(($1 * 1000000 + $2 * 1000 + $3)) -ge 1027003 ]; then echo zone.conf; else echo variable.conf; fi
