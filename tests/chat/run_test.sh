#!/bin/sh
# SPDX-License-Identifier: MIT
# The output of "make run": a command that is there, and an address that the server listens on.
set -eu
run="$EDO_SOURCE_DIR/scripts/run"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
system=$(dirname "$(command -v env)")
ln -s "$(command -v sh)" "$bin/sh"
ln -s "$system/true" "$bin/true"

# says TEXT ARG...: with the arguments the first line of the output contains TEXT.
says() {
    text=$1
    shift
    line=$(PATH="$bin" sh "$run" true "$@" 2>&1 | { read -r first; echo "$first"; })
    case $line in *"$text"*) ;; *) echo "wanted: $text, said: $line"; exit 1 ;; esac
}

says 'install nc, then nc 127.0.0.1 7000'
ln -s "$bin/true" "$bin/bash"
says "bash -c 'exec 3<>/dev/tcp/127.0.0.1/7000;"
says 'nc is not installed'
ln -s "$bin/true" "$bin/socat"
says 'socat - TCP:127.0.0.1:7000'
ln -s "$bin/true" "$bin/telnet"
says 'telnet 127.0.0.1 7000'
ln -s "$bin/true" "$bin/nc"
says 'nc 127.0.0.1 7000'
says 'nc 127.0.0.1 7001' --tcp 0.0.0.0:7001
says 'nc ::1 7001' --tcp=[::]:7001
says 'nc ::1 80' --rate 0 --tcp [::1]:80 --threads 1
says 'nc localhost PORT' --tcp localhost:0

# The line about the page, and the store.
ln -s "$(command -v env)" "$bin/env"
printf '#!/bin/sh\necho "args: $*"\n' >"$bin/program"
chmod +x "$bin/program"
cd "$bin"
output=$(PATH="$bin" sh "$run" program 2>&1)
case $output in *'open http://127.0.0.1:8080/'*) ;; *) echo "no page in: $output"; exit 1 ;; esac
case $output in *--db*) echo "a store without a folder for it: $output"; exit 1 ;; esac
case $output in *'program --connect 127.0.0.1:7000'*) ;; *) echo "no client in: $output"; exit 1 ;; esac
case $(PATH="$bin" sh "$run" program --tcp '[::]:7001' 2>&1) in
    *'program --connect [::1]:7001'*) ;;
    *) echo 'no client for the address of version 6'; exit 1 ;;
esac
case $(PATH="$bin" sh "$run" program --http none 2>&1) in *http:*) echo 'a page of none'; exit 1 ;; esac
mkdir -p build/run
case $(PATH="$bin" sh "$run" program 2>&1) in
    *'args: --db build/run/chat.db'*) ;;
    *) echo 'no store though there is a folder for it'; exit 1 ;;
esac
case $(PATH="$bin" sh "$run" program --db none 2>&1) in
    *'args: --db none') ;;
    *) echo 'the store is not the one that was asked for'; exit 1 ;;
esac
