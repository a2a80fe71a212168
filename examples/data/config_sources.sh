#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: config_sources shows each value with its source, and names the source of what is wrong.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/app.json" <<'JSON'
{
  "port": 7000,
  "origin": ["https://a.example", "https://b.example"],
  "db": { "host": "db.internal", "password": "hunter2" }
}
JSON
said=$(APP_DB_MAX_WAIT=2s "$@" --config "$dir/app.json" --port 9000 --show-config)
wanted="port = 9000 (--port)
origin = https://a.example, https://b.example ($dir/app.json:3:35)
db.host = db.internal ($dir/app.json:4:19)
db.password = *** ($dir/app.json:4:46)
db.max_wait = 2s (APP_DB_MAX_WAIT)
config = $dir/app.json (--config)
show_config = true (--show-config)"
[ "$said" = "$wanted" ] || { echo "FAILED: it says"; echo "$said"; exit 1; }

# fails SAYS ARGUMENT...: the program ends with status 2, and its message begins with SAYS.
fails() {
    says=$1
    shift
    status=0
    "$@" 2>"$dir/err" || status=$?
    case $status$(cat "$dir/err") in
    "2$says"*) ;;
    *) echo "FAILED: status $status, not: $says"; cat "$dir/err"; exit 1 ;;
    esac
}
fails '--port must be at most 65535' "$@" --port 70000
fails 'unknown option --prot, did you mean --port?' "$@" --prot 7
fails "reading $dir/none" "$@" --config "$dir/none"
printf '{ "port": 7000,\n  "db": { "max_wait": "long" } }' >"$dir/wrong.json"
fails "$dir/wrong.json:2:23: \"db.max_wait\" must be a duration" "$@" --config "$dir/wrong.json"
APP_PORT=x
export APP_PORT
fails 'APP_PORT must be a whole number' "$@"
[ "$("$@" --port 1)" = "listening on port 1" ] || { echo "FAILED: a flag is stronger"; exit 1; }
