#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: only programs that ask for TLS load libssl; libpq, which those of PostgreSQL load, brings it along. Method: what
# each example would load.
set -eu
asks=0
for program in "$EDO_BIN_DIR"/examples/*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    loads=$(ldd "$program" 2>/dev/null | grep -c 'libssl\.' || true)
    case ${program##*/} in
    tls_* | http2_* | accounts | gateway | orders | pg_* | ws_client | download | fetch5 | link_check | webhook) asks=$((asks + 1)); want=1 ;;
    *) want=0 ;;
    esac
    if [ "$loads" -ne "$want" ]; then
        echo "${program##*/} loads libssl $loads times, not $want" >&2
        exit 1
    fi
done
if [ "$asks" -eq 0 ]; then
    echo 'skipped: no example with TLS is built here'
    exit 77
fi
