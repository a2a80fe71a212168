#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the C++ of docs/book/cpp.md compiles without a warning, and does what the page says.
# Method: its programs over the library of this build; the one of the web and of SQL is compiled only.
set -eu
# shellcheck source=tests/support/cxx.sh
. "${EDO_SOURCE_DIR:?}/tests/support/cxx.sh"
debug=
if [ "$(cached EDO_DEBUG)" = ON ]; then debug=-DEDO_DEBUG=1; fi
here=$source/tests/docs/cxx
# shellcheck disable=SC2086 # a list, perhaps empty
compile_cxx "$cxx" -Wall -Wextra -Wpedantic -Werror $debug -o "$dir/program" "$here/differences.cc"
said=$("$dir/program" 2>"$dir/log") || { cat "$dir/log"; exit 1; }
[ "$said" = ok ] || { echo "FAILED: the program says '$said'"; exit 1; }
"$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$source/include" "$here/layers.cc"
echo "ok: the page's C++"
