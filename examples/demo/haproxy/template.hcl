# disco-template -config template.hcl: writes HAProxy's file, runs HAProxy, and keeps both equal to the catalog.
template {
	source      = "/etc/disco/haproxy.ctmpl"
	destination = "/run/disco/haproxy.cfg"
}

haproxy {
	socket = "/run/disco/haproxy.sock"
	config = "/run/disco/haproxy.cfg"
	reload = "node /etc/disco/reload.mjs"
	backend "api_backend" { service = "api" }
}

# reload.mjs has HAProxy read a new file. SIGCONT changes nothing; without a reload signal HAProxy would be started anew.
exec {
	command       = "exec haproxy -W -db -S /run/disco/master.sock,mode,600 -f /run/disco/haproxy.cfg"
	reload_signal = "SIGCONT"
	kill_signal   = "SIGUSR1"
}
