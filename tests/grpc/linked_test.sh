#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: only programs that ask for gRPC, export over it (libedo-otlp) or show themselves by it (libedo-console), load libedo-grpc.
# Method: what each example, and the chat, would load.
set -eu
asks=0
for program in "$EDO_BIN_DIR"/examples/* "$EDO_BIN_DIR"/edo-chat "$EDO_BIN_DIR"/edo-curl; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    loads=$(ldd "$program" 2>/dev/null | grep -c 'libedo-grpc\.' || true)
    case ${program##*/} in
    grpc_*) asks=$((asks + 1)); want=1 ;;
    *)
        want=0
        ! ldd "$program" 2>/dev/null | grep -qE 'libedo-(otlp|console)\.' || want=1
        ;;
    esac
    if [ "$loads" -ne "$want" ]; then
        echo "${program##*/} loads libedo-grpc $loads times, not $want" >&2
        exit 1
    fi
done
if [ "$asks" -eq 0 ]; then
    echo 'skipped: no example with gRPC is built here'
    exit 77
fi
