#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: only programs that ask for HTTP/2, export over gRPC (libedo-otlp) or show themselves by it (libedo-console), load nghttp2.
# Method: what each example, the chat and edo-curl would load.
set -eu
asks=0
for program in "$EDO_BIN_DIR"/examples/* "$EDO_BIN_DIR"/edo-chat "$EDO_BIN_DIR"/edo-curl; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    loads=$(ldd "$program" 2>/dev/null | grep -c 'libnghttp2\.' || true)
    case ${program##*/} in
    http2_* | grpc_* | gateway | ws_client | edo-curl | edo-chat) asks=$((asks + 1)); want=1 ;;
    *)
        want=0
        ! ldd "$program" 2>/dev/null | grep -qE 'libedo-(otlp|console)\.' || want=1
        ;;
    esac
    if [ "$loads" -ne "$want" ]; then
        echo "${program##*/} loads nghttp2 $loads times, not $want" >&2
        exit 1
    fi
done
if [ "$asks" -eq 0 ]; then
    echo 'skipped: no example with HTTP/2 is built here'
    exit 77
fi
