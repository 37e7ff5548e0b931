#!/bin/sh
# The handler: gets the checks of a service as JSON on standard input, and the index in CONSUL_INDEX. Here it notes who is not well;
# it could as well send a mail. ALERTS is where.
jq -r --arg index "$CONSUL_INDEX" '"\($index) " + ([.[] | select(.Status != "passing") | "\(.ServiceID) is \(.Status)"] | join(", ") | if . == "" then "all is well" else . end)' >>"$ALERTS"
