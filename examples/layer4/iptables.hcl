# disco-template -config iptables.hcl
template {
	source      = "iptables.ctmpl"
	destination = "/etc/disco/layer4.rules"
	check       = "iptables-restore --test --noflush {{.Src}}"
	command     = "sh apply-iptables.sh /etc/disco/layer4.rules"
}
