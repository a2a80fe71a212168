#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a program that does not use edo/test.h has nothing of it from libedo.a.
# Method: the names in two examples, one of which uses it.
set -eu
names() { ${NM:-nm} "${EDO_BIN_DIR:?}/examples/$1" | grep -c ' edoi\{0,1\}_test_' || true; }
[ "$(names task)" = 0 ] || { echo "task has $(names task) names of edo/test.h"; exit 1; }
[ "$(names test_by_hand)" != 0 ] || { echo "test_by_hand has none"; exit 1; }
