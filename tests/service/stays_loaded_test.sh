#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: what a library of edo's has given to another one stays there: dlclose() of a plugin takes none away.
# Method: each says so to the loader.
set -eu
for library in "$EDO_BIN_DIR"/../libedo*.so; do
    [ -f "$library" ] || { echo 'skipped: no shared library is built here'; exit 77; }
    readelf -dW "$library" | grep -q NODELETE || { echo "${library##*/} may be unloaded" >&2; exit 1; }
done
