# disco-env's settings, as envconsul reads them.
sanitize = true
upcase   = true
exec {
  kill_signal = "SIGTERM"
}
