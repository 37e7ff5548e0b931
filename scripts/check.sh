# For other scripts, by `source`: each check is one test, counted and printed.
passed=0
failed=0

# check NAME COMMAND...: what it printed is shown when it failed.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok    $name"
	else
		failed=$((failed + 1))
		printf 'FAIL  %s\n%s\n' "$name" "$output"
	fi
}
