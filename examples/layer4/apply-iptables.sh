#!/bin/sh
# sh apply-iptables.sh FILE: puts the rules of FILE (iptables.ctmpl) in force in one step, and has the kernel look at them. Needs root.
# IPTABLES (iptables) may be iptables-legacy or iptables-nft.
set -eu
iptables=${IPTABLES:-iptables}

"$iptables-restore" --wait --noflush "$1"

hook() { "$iptables" --wait -t "$1" -C "$2" -j DISCO 2>/dev/null || "$iptables" --wait -t "$1" -I "$2" -j DISCO; }
hook nat PREROUTING
hook nat OUTPUT
hook filter FORWARD
hook filter OUTPUT
