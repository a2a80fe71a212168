#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: only programs that ask for Redis load hiredis: the chat does, which several nodes may be. Method: what each example,
# the chat and edo-curl would load.
set -eu
asks=0
for program in "$EDO_BIN_DIR"/examples/* "$EDO_BIN_DIR"/edo-chat "$EDO_BIN_DIR"/edo-curl; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    loads=$(ldd "$program" 2>/dev/null | grep -c 'libhiredis\.' || true)
    case ${program##*/} in
    redis_* | edo-chat) asks=$((asks + 1)); want=1 ;;
    *) want=0 ;;
    esac
    if [ "$loads" -ne "$want" ]; then
        echo "${program##*/} loads hiredis $loads times, not $want" >&2
        exit 1
    fi
done
if [ "$asks" -eq 0 ]; then
    echo 'skipped: no example with Redis is built here'
    exit 77
fi
