# disco-template -config nginx.hcl
# A file that nginx refuses never replaces the one it runs with; one that breaks the site is taken back.
template {
	source      = "nginx.ctmpl"
	destination = "/etc/nginx/nginx.conf"
	check       = "nginx -t -q -c {{.Src}}"
	command     = "nginx -s reload"
	verify      = "curl -s -o /dev/null http://127.0.0.1:8080/"
}
