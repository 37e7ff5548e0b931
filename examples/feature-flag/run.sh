#!/bin/sh
# A feature flag: a key is a switch, turned while the program runs, for some customers first.
set -eu
. "$(dirname "$0")/../common/example.sh"
agent
start shop node "$here/shop.mjs" "$HOST" 9001
shop=$pid
# How many of 100 customers see the new checkout.
count() { for customer in $(seq 100); do printf 'url = "http://%s:9001/?customer=%s"\n' "$HOST" "$customer"; done | curl -sSf -K - | grep -c new; }
eventually "the shop" 'curl -sf "http://$HOST:9001/"'
step "Off, as long as there is no key."
equal "$(count || true)" 0
step "A fifth of the customers:"
show disco kv put flags/new-checkout 20
eventually "some" '[ "$(count)" -gt 5 ] && [ "$(count)" -lt 40 ]'
some=$(count)
echo "$some of 100"
equal "$(count)" "$some"
step "Somebody mistypes: nothing changes, the program says so."
show disco kv put flags/new-checkout "twenty"
eventually "the complaint" 'grep "is no percentage" "$work/shop.log"'
equal "$(count)" "$some"
step "Everybody; it is still the same process."
show disco kv put flags/new-checkout 100
eventually "all" '[ "$(count)" = 100 ]'
kill -0 "$shop"
count
