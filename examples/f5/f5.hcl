# disco-template -config f5.hcl
# A declaration that is not one never reaches the BIG-IP; one that it refuses is taken back. BIGIP is its address; the netrc file
# (perms 0600) holds `machine ADDRESS login USER password PASSWORD`, so that no process list shows it.
template {
	source      = "as3.json.ctmpl"
	destination = "/var/lib/disco/as3.json"
	check       = "node as3-check.mjs {{.Src}}"
	command     = "curl -fsS --cacert /etc/disco/bigip-ca.pem --netrc-file /etc/disco/netrc -H 'Content-Type: application/json' -d @/var/lib/disco/as3.json https://$BIGIP/mgmt/shared/appsvcs/declare"
	on_fail     = "rollback"
	wait        = "2s:10s"
}
