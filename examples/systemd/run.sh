#!/bin/sh
# Services that systemd runs: announced by a sidekick unit (as CoreOS and fleet did it), or by disco-registrator without one.
# Uses the units of this user (systemctl --user); nothing is installed for good.
set -eu
. "$(dirname "$0")/../common/example.sh"
user="systemctl --user"
$user show --property=Version >/dev/null || { echo "no systemd of this user answers (systemctl --user)" >&2; exit 1; }
agent
units=${XDG_RUNTIME_DIR:?}/systemd/user
mkdir -p "$units"
printf 'PATH=%s\nHOST=%s\nCONSUL_HTTP_ADDR=%s\nEXAMPLES=%s\n' "$PATH" "$HOST" "$CONSUL_HTTP_ADDR" "$root/examples" >"$XDG_RUNTIME_DIR/disco-example.env"
cp "$here"/apachet*.service "$units"
undo() {
	$user stop 'apachet@*' 'apachet-discovery@*' || true
	rm -f "$units"/apachet*.service "$XDG_RUNTIME_DIR/disco-example.env"
	$user daemon-reload || true
}
$user daemon-reload

step "1. With a sidekick (apachet-discovery@.service): two lines of shell that live and die with their service."
show $user start apachet@8081 apachet-discovery@8081 apachet@8082 apachet-discovery@8082
sidekicks() { look sidekick-apachet.service.consul SRV | awk '{ print $3 }' | xargs; }
eventually "both" '[ "$(sidekicks)" = "8081 8082" ]'
show_dns sidekick-apachet.service.consul SRV
echo "what fleetctl list-units was:"
show $user list-units --no-legend --plain 'apachet*'
echo "what etcdctl ls was:"
show disco catalog services -tags
show $user stop apachet@8081
eventually "one is left" '[ "$(sidekicks)" = 8082 ]'
echo "BindsTo ended its sidekick, which took it out of the registry"
show $user start apachet@8081

step "2. Without: disco-registrator asks systemd which units run; port and name stand in the unit's Environment."
printf '#!/bin/sh\nexec %s --user "$@"\n' "$(command -v systemctl)" >"$work/bin/systemctl"
chmod +x "$work/bin/systemctl"
start registrator disco-registrator -source 'systemd=apachet@*' -ip "$HOST" "consul://$HOST:8500"
ports() { look apachet.service.consul SRV | awk '{ print $3 }' | xargs; }
eventually "both" '[ "$(ports)" = "8081 8082" ]'
show_dns apachet.service.consul SRV
show $user stop apachet@8082
eventually "one is left" '[ "$(ports)" = 8081 ]'
show_dns apachet.service.consul SRV
step "3. Its process is killed: systemd starts it again, the check says when it answers."
show $user kill --signal=KILL apachet@8081
eventually "it runs again" '[ "$($user show --property=NRestarts --value apachet@8081)" = 1 ]'
eventually "it is well" '[ "$(ports)" = 8081 ] && curl -sf "http://$HOST:8081/"'
