#!/bin/sh
# SPDX-License-Identifier: MIT
# The table of powers in the tree is the one that its script prints.
set -eu
if ! command -v python3 >/dev/null 2>&1; then
    echo "no python3"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$EDO_SOURCE_DIR/tools/json_powers" >"$work/powers.c"
cmp "$work/powers.c" "$EDO_SOURCE_DIR/src/json/number/powers.c"
