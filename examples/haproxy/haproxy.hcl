# disco-template -config haproxy.hcl
# A file that HAProxy refuses never replaces the one it runs with.
template {
	source      = "haproxy.ctmpl"
	destination = "/etc/haproxy/haproxy.cfg"
	check       = "haproxy -c -q -f {{.Src}}"
	command     = "systemctl reload haproxy"
	on_fail     = "rollback"
	wait        = "200ms:2s"
}
