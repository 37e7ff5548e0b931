# disco-template -config nft.hcl
template {
	source      = "nft.ctmpl"
	destination = "/etc/disco/layer4.nft"
	check       = "nft -c -f {{.Src}}"
	command     = "nft -f /etc/disco/layer4.nft"
}
